"""What answers tell of their cost, whole or in events, as the providers publish them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.models import Usage
from bot.rules.dialects import chat, gemini, messages, responses
from bot.rules.dialects.base import Tally
from bot.rules.dialects.events import Events

CLAUDE = b"""\
event: message_start
data: {"type":"message_start","message":{"usage":{"input_tokens":25,"cache_read_input_tokens":7,\
"cache_creation_input_tokens":3,"output_tokens":1}}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":15}}

event: message_stop
data: {"type":"message_stop"}

"""
OPENAI = b"""\
event: response.created
data: {"type":"response.created","response":{"id":"r","usage":null}}

event: response.completed
data: {"type":"response.completed","response":{"usage":{"input_tokens":32,\
"input_tokens_details":{"cached_tokens":7},"output_tokens":15}}}

"""
CHAT = b"""\
data: {"choices":[{"delta":{"content":"Hi"}}],"usage":null}

data: {"choices":[],"usage":{"prompt_tokens":32,"completion_tokens":15,\
"prompt_tokens_details":{"cached_tokens":7}}}

data: [DONE]

"""
GOOGLE = (
    b'data: {"candidates":[{}],"usageMetadata":{"promptTokenCount":32}}\r\n\r\n'
    b'data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":30,'
    b'"toolUsePromptTokenCount":2,"cachedContentTokenCount":7,"candidatesTokenCount":10,'
    b'"thoughtsTokenCount":5}}\r\n\r\n'
)
USED = Usage(input=25, cached=7, output=15)
STREAMS = [
    (messages, CLAUDE, Usage(input=25, cached=7, written=3, output=15)),
    (responses, OPENAI, USED),
    (chat, CHAT, USED),
    (gemini, GOOGLE, USED),
]


def counted(dialect, *pieces):
    events, tally = Events(), Tally()
    for piece in pieces:
        for said in events.feed(piece):
            tally = dialect.told(tally, said)
    for said in events.close():
        tally = dialect.told(tally, said)
    return tally


@pytest.mark.parametrize(("dialect", "stream", "usage"), STREAMS)
def test_a_stream_is_counted_wherever_it_is_cut_into_pieces(dialect, stream, usage):
    for size in (1, 7, 64, len(stream)):
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert counted(dialect, *pieces) == Tally(usage=usage, final=True)


@pytest.mark.parametrize(
    ("dialect", "stream", "known"),
    [
        (messages, CLAUDE, Usage(input=25, cached=7, written=3, output=1)),
        (responses, OPENAI, Usage()),
        (chat, CHAT, Usage()),
        (gemini, GOOGLE, Usage(input=32)),
    ],
)
def test_of_a_stream_that_breaks_off_what_it_told_is_known_not_to_be_all(dialect, stream, known):
    assert counted(dialect, stream[: stream.rindex(b"usage") - 9]) == Tally(
        usage=known, final=False
    )


WHOLE = [
    (messages, {"usage": {"input_tokens": 5, "output_tokens": 2}}, Usage(input=5, output=2)),
    (responses, {"usage": {"input_tokens": 5, "output_tokens": 2}}, Usage(input=5, output=2)),
    (chat, {"usage": {"prompt_tokens": 5, "completion_tokens": 2}}, Usage(input=5, output=2)),
    (gemini, {"usageMetadata": {"promptTokenCount": 5}, "promptFeedback": {"blockReason": "X"}},
     Usage(input=5)),
    (responses, {"usage": {"input_tokens": 5, "input_tokens_details":
     {"cached_tokens": 2, "cache_write_tokens": 9}}}, Usage(cached=2, written=3)),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "said", "usage"), WHOLE)
def test_a_whole_answer_tells_all(dialect, said, usage):
    assert dialect.told(Tally(), said) == Tally(usage=usage, final=True)


@pytest.mark.parametrize("dialect", [messages, responses, chat, gemini])
def test_an_answer_that_tells_nothing_changes_nothing(dialect):
    before = Tally(usage=USED)
    for said in ({}, {"usage": "much"}, {"usageMetadata": []}, {"message": None}):
        assert dialect.told(before, said) == before


def test_what_is_no_number_of_tokens_counts_as_none():
    odd = {"prompt_tokens": -5, "completion_tokens": True, "prompt_tokens_details": {"a": 1}}
    assert chat.told(Tally(), {"usage": odd}).usage == Usage()


@given(st.binary())
def test_no_bytes_break_the_counting(data):
    for dialect in (messages, responses, chat, gemini):
        counted(dialect, data, b'data: {"usage":[\ndata: ["usage"]\n')


def test_a_line_that_is_too_long_is_passed_over_and_the_next_one_read():
    events = Events(longest=64)
    long = b'data: {"usage": "' + b"x" * 100
    assert list(events.feed(long)) == []
    assert list(events.feed(b'"}\ndata: {"usage": 1}\n')) == [{"usage": 1}]
