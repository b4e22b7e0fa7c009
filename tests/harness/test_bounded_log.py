from bot.harness.log import HEAD, TAIL, BoundedLog


def test_a_short_log_is_kept_whole(tmp_path):
    log = BoundedLog(tmp_path / "log")
    log.write(b"one\n")
    log.write(b"two\n")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert log.tail() == "one\ntwo\n"


def test_a_long_one_keeps_its_beginning_and_its_end(tmp_path):
    log = BoundedLog(tmp_path / "log")
    log.write(b"first\n")
    for _ in range(200):
        log.write(b"x" * 50_000)
    log.write(b"last\n")
    log.close()
    kept = (tmp_path / "log").read_bytes()
    assert kept.startswith(b"first\n")
    assert kept.endswith(b"last\n")
    assert b"bytes left out]" in kept
    assert len(kept) < HEAD + TAIL + 100


def test_the_reported_end_is_text_within_its_bound(tmp_path):
    log = BoundedLog(tmp_path / "log")
    log.write("ü".encode() * TAIL + b"\xff\xfe")
    log.close()
    assert len(log.tail().encode()) <= TAIL
