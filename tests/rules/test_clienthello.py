import ssl

import pytest

from bot.rules import clienthello
from bot.rules.clienthello import HEAD, MOST, fragment, is_whole, server_name


def spoken(name=None):
    """Return the records that a real client begins with."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname = False
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def vector(data, width=2):
    return len(data).to_bytes(width) + data


def hello(*extensions):
    """Return a message with extensions, which are pairs of a number and bytes."""
    many = b"".join(kind.to_bytes(2) + vector(data) for kind, data in extensions)
    body = bytes(34) + vector(b"", 1) + vector(b"\x13\x01") + vector(b"\0", 1) + vector(many)
    return b"\x01" + vector(body, 3)


def names(*some, kind=0):
    return 0, vector(b"".join(bytes([kind]) + vector(name) for name in some))


def test_a_real_client_says_whom_it_wants():
    records = spoken("Packages.Example")
    assert fragment(records[:HEAD]) == len(records) - HEAD
    assert is_whole(records[HEAD:])
    assert server_name(records[HEAD:]) == "packages.example"


def test_a_hello_is_whole_when_its_last_byte_has_come():
    message = hello(names(b"a.example"))
    assert [is_whole(message[:size]) for size in range(len(message))] == [False] * len(message)
    assert is_whole(message)


def test_other_extensions_do_not_matter():
    assert server_name(hello((43, b"\x02"), names(b"a.example."), (0xFE0D, b""))) == "a.example"


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (hello(), "not enough values"),
        (hello(names(b"a.example"), names(b"b.example")), "too many values"),
        (hello(names(b"a.example", b"b.example")), "too many values"),
        (hello(names(b"a.example", kind=1)), "no host's name"),
        (hello(names("ü.example".encode())), "'ascii' codec"),
        (hello(names()), "not enough values"),
        (hello((0, b"")), "too short"),
        (hello((0, b"\0\x09\0\0\x09a.e")), "too short"),
        (b"\x01" + vector(bytes(30), 3), "too short"),
    ],
    ids=["none", "two", "two-in-one", "kind", "letters", "empty", "bare", "cut", "short"],
)
def test_a_hello_without_one_name_is_refused(message, why):
    with pytest.raises(ValueError, match=why):
        server_name(message)


def test_a_real_client_without_a_name_is_refused():
    with pytest.raises(ValueError, match="not enough values"):
        server_name(spoken()[HEAD:])


@pytest.mark.parametrize(
    "head",
    [b"SSH-2", b"GET /", b"\x17\x03\x03\0\x05", b"\x16\x03\x01\0\0", b"\x16\x03\x01\x40\x01", b""],
)
def test_what_is_no_record_of_a_handshake_is_refused(head):
    with pytest.raises(ValueError, match="no record"):
        fragment(head)


@pytest.mark.parametrize("message", [b"\x02\0\0\x01", b"\x01" * (MOST + 1)])
def test_another_message_is_refused(message):
    with pytest.raises(ValueError, match="no hello"):
        is_whole(message)


def test_a_refusal_is_an_alert_that_clients_understand():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="a.example")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    incoming.write(clienthello.REFUSAL)
    with pytest.raises(ssl.SSLError, match="unrecognized name"):
        client.do_handshake()
