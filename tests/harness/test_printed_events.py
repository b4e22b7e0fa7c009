import asyncio
import os

from bot.agents.codex import parse
from bot.agents.events import Turn
from bot.harness.log import BoundedLog
from bot.harness.reading import LONGEST, reading


async def read(tmp_path, *lines):
    """Read what is printed; return what was told, how the turn ended, and the log."""
    told = []

    async def tell(line):
        told.append(line)

    out, into = os.pipe()
    log = BoundedLog(tmp_path / "log")
    with os.fdopen(out, "rb", 0) as printed, os.fdopen(into, "wb", 0) as program:
        async with reading(printed, parse, tell, log) as turn:
            for line in lines:
                await asyncio.to_thread(program.write, line)
            program.close()
            ended = await turn
    log.close()
    return told, ended, (tmp_path / "log").read_text()


def message(text):
    return b'{"type":"item.completed","item":{"type":"agent_message","text":"%s"}}\n' % text


DONE = b'{"type":"turn.completed"}'


async def test_each_line_is_told_once_and_what_is_noise_is_logged(tmp_path):
    told, turn, log = await read(
        tmp_path, message(b"One.\\nMore."), message(b"One."), b"noise\n\n", message(b"Two."), DONE
    )
    assert told == ["One.", "Two."]
    assert turn == Turn(stop="end_turn")
    assert log == "noise\n"


async def test_lines_come_in_pieces_and_too_long_ones_not_at_all(tmp_path):
    long = b'{"type":"error","message":"' + b"x" * LONGEST + b'"}\n'
    half = message(b"Whole.")
    told, turn, _ = await read(tmp_path, half[:20], half[20:], long, DONE, b"\n")
    assert told == ["Whole."]
    assert turn == Turn(stop="end_turn")


async def test_trouble_is_told_in_one_harmless_line(tmp_path):
    secret = b"ghp_0123456789abcdefghij0123456789abcdef"
    event = b'{"type":"error","message":"No\\n\\u001b[2J %s"}\n' % secret
    told, turn, _ = await read(tmp_path, event)
    assert told == [turn.trouble] == ["No [2J ▇▇▇"]


async def test_json_without_end_is_noise(tmp_path):
    told, turn, log = await read(tmp_path, b"[" * 200_000 + b"\n")
    assert (told, turn, len(log)) == ([], Turn(), 200_001)
