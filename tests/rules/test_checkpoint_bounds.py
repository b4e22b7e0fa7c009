from bot.rules.checkpoints import (
    MOST_CHANGED,
    MOST_FILES,
    SHOWN,
    briefed,
    found,
    kept_aside,
    listed,
    message,
    too_much,
)


def test_what_is_within_bounds_is_kept():
    assert too_much({"a": 1, "b": MOST_CHANGED - 1}, {}) == ()


def test_large_files_are_left_out_before_small_ones():
    assert too_much({"big": MOST_CHANGED, "a": 2, "b": 3}, {}) == ("big",)


def test_what_was_kept_before_takes_room_unless_it_has_changed_again():
    kept = {"old": MOST_CHANGED - 10}
    assert too_much({"new": 11}, kept) == ("new",)
    assert too_much({"new": 11, "old": 5}, kept) == ()


def test_there_is_a_bound_on_how_many():
    sizes = {f"{at:06}": 0 for at in range(MOST_FILES)}
    assert too_much(sizes, {}) == ()
    assert too_much(sizes, {"old": 0}) == (f"{MOST_FILES - 1:06}",)


def test_names_cannot_break_out_of_their_line():
    assert listed(["a\nb", "c"]) == ('"a\\nb"', '"c"')
    assert len(listed(["x" * 5000])[0]) == 200


def test_many_are_counted():
    assert listed([str(at) for at in range(SHOWN + 5)])[-1] == "and 5 more"


def test_what_was_left_out_travels_in_the_message():
    assert message([]) == "Work in progress\n"
    assert found(message([])).endswith("are in the working tree.")
    text = found(message(["big.bin", "a\nb"]))
    assert text.endswith('Too large to be kept, and gone: "big.bin", "a\\nb".')


def test_a_forged_message_stays_one_line_of_names():
    text = found("x\n\nLeft out: a`\x1b[31m\u2028b\n" + "Left out: n\n" * 100)
    assert "\n" not in text
    assert "`" not in text
    assert "\x1b" not in text
    assert text.count(", n") == SHOWN


def test_work_that_does_not_fit_is_told_with_where_it_is():
    text = kept_aside("refs/x", "b" * 40, ["src/a.py"])
    assert '"src/a.py"' in text
    assert f"`git diff {'b' * 40} refs/x`" in text


def test_a_brief_says_what_became_of_the_last_job():
    assert briefed("Do it.\n", []) == "Do it.\n"
    assert briefed("Do it.\n", ["one", "two"]) == (
        "Do it.\n\n## Where the last job stopped\n\n- one\n- two\n"
    )
