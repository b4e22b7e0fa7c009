"""`greenroom validate` as a program in a box sees it."""

import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import UnixStreamServer

import pytest

from bot.agents.ask import main

PASSED = {
    "outcome": "passed", "exit": 0, "seconds": 1.5, "tests": 2, "failing": [], "excerpt": "",
    "words": "",
}  # fmt: skip
FAILED = {**PASSED, "outcome": "failed", "exit": 1, "failing": ["a::b"], "excerpt": "E 1\n"}


def told(verdict=None, output="", after=0, *, under_way=False, cached=False):
    said = {"id": "01V", "under_way": under_way, "cached": cached, "output": output}
    return 200, {**said, "after": after, "verdict": verdict}


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """A door that gives the answers it is told to, in turn, and keeps what it was asked."""
    asked, answers = [], []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            asked.append((self.command, self.path, json.loads(body) if body else None))
            status, said = answers.pop(0)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

        def do_GET(self):
            self.do_POST()

        def address_string(self):
            return "box"

        def log_message(self, *_):
            pass

    path = tmp_path / "gateway.sock"
    monkeypatch.setenv("GREENROOM_SOCKET", str(path))
    monkeypatch.setenv("GREENROOM_VALIDATIONS", "unit image")
    with UnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield asked, answers
        server.shutdown()
        thread.join()


def test_what_is_printed_comes_in_pieces_and_the_verdict_last(gate, capsys):
    asked, answers = gate
    answers += [
        told(under_way=True),
        told(output="one\ntw", after=6, under_way=True),
        told(output="o", after=7, under_way=True),
        told(FAILED, after=7),
    ]
    assert main(["validate", "unit"]) == 1
    assert capsys.readouterr().out == ("one\ntwo\nunit: failed (1.5 s, 2 tests)\n  failed: a::b\n")
    assert asked == [
        ("POST", "/validations", {"name": "unit"}),
        ("GET", "/validations/01V?after=0", None),
        ("GET", "/validations/01V?after=6", None),
        ("GET", "/validations/01V?after=7", None),
    ]


def test_what_was_known_is_told_at_once_with_what_mattered(gate, capsys):
    _, answers = gate
    answers.append(told(FAILED, cached=True))
    assert main(["validate", "unit"]) == 1
    assert capsys.readouterr().out == (
        "E 1\nunit: failed (1.5 s, 2 tests, known from before)\n  failed: a::b\n"
    )


def test_a_refusal_is_status_2_with_its_reason(gate, capsys):
    _, answers = gate
    answers.append((422, {"accepted": False, "reason": "busy", "words": "Wait."}))
    assert main(["validate", "unit"]) == 2
    assert capsys.readouterr().out == "Wait.\n"


@pytest.mark.parametrize("last", [told(None), (401, {"words": "Gone."})])
def test_one_that_nothing_came_of_is_status_75(gate, capsys, last):
    _, answers = gate
    answers += [told(under_way=True), last]
    assert main(["validate", "unit"]) == 75
    assert capsys.readouterr().err


def test_a_door_that_is_away_for_a_moment_is_asked_again(gate):
    asked, answers = gate
    answers += [(503, {}), told(PASSED)]
    assert main(["validate", "unit"]) == 0
    assert len(asked) == 2


def test_without_a_name_the_first_bad_status_counts(gate, capsys):
    _, answers = gate
    answers += [told(FAILED), told(PASSED)]
    assert main(["validate"]) == 1
    assert "image: passed" in capsys.readouterr().out


def test_without_a_name_where_there_are_none_it_says_so(gate, capsys, monkeypatch):
    monkeypatch.delenv("GREENROOM_VALIDATIONS")
    assert main(["validate"]) == 0
    assert "no validations" in capsys.readouterr().out
    assert gate[0] == []


def test_many_failing_tests_are_counted(gate, capsys):
    _, answers = gate
    answers.append(told({**FAILED, "failing": [f"t{n}" for n in range(60)]}))
    main(["validate", "unit"])
    assert "  and 10 more\n" in capsys.readouterr().out


def test_files_that_were_left_out_are_said_first(gate, capsys):
    _, answers = gate
    status, said = told(PASSED)
    answers.append((status, {**said, "left_out": 2}))
    assert main(["validate", "unit"]) == 0
    assert capsys.readouterr().out.startswith("Not in the tree that is validated")


def test_what_it_left_is_written_where_it_is_wanted(gate, capsys, tmp_path):
    asked, answers = gate
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("dist/x"))
    left = {"blob": "b" * 64, "kept": 1, "left_out": 2}
    answers += [told({**PASSED, "artifacts": left}), (200, written.getvalue())]
    assert main(["validate", "unit", "--artifacts", str(tmp_path / "out")]) == 0
    assert asked[1] == ("GET", "/validations/01V?artifacts", None)
    assert (tmp_path / "out/dist/x").read_bytes() == b""
    assert "1 files, and 2 that are too large or too many" in capsys.readouterr().out


def test_what_it_left_and_is_gone_is_said(gate, capsys, tmp_path):
    _, answers = gate
    left = {"blob": "b" * 64, "kept": 1, "left_out": 0}
    answers += [told({**PASSED, "artifacts": left}), (404, {})]
    assert main(["validate", "--artifacts", str(tmp_path), "unit"]) == 75
    assert "not there any more" in capsys.readouterr().err
