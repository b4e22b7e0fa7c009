import pytest

from bot.model.errors import Refused
from bot.rules.egress import (
    WORDS,
    Destination,
    answer,
    asked,
    is_public,
    narrows,
    refusal,
    refused,
    within,
)


def to(host, port=443):
    return Destination(host=host, port=port)


@pytest.mark.parametrize(
    ("line", "host", "port"),
    [
        ("CONNECT packages.example:443 HTTP/1.1", "packages.example", 443),
        ("CONNECT Packages.EXAMPLE.:443 HTTP/1.0", "packages.example", 443),
        ("CONNECT xn--bcher-kva.example:8443 HTTP/1.1", "xn--bcher-kva.example", 8443),
        ("CONNECT 10.0.0.1:443 HTTP/1.1", "10.0.0.1", 443),
        ("CONNECT [FE80::1]:443 HTTP/1.1", "fe80::1", 443),
    ],
)
def test_a_request_for_a_connection_is_read(line, host, port):
    assert asked(line.encode()) == to(host, port)


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT packages.example HTTP/1.1",
        "CONNECT  packages.example:443 HTTP/1.1",
        "CONNECT me@packages.example:443 HTTP/1.1",
        "CONNECT evil.example:443@packages.example:443 HTTP/1.1",
        "CONNECT packages.example:443/path HTTP/1.1",
        "CONNECT https://packages.example:443 HTTP/1.1",
        "CONNECT packages.example:0443 HTTP/1.1",
        "CONNECT packages.example:+443 HTTP/1.1",
        "CONNECT packages.example:443443 HTTP/1.1",
        "CONNECT packages.example:443 HTTP/1.1\n",
        "CONNECT packages.example:443 HTTP/1.1\nProxy-Authorization: Bearer x",
        "CONNECT packages.example:443 HTTP/2",
        "CONNECT packages.example\x00.evil.example:443 HTTP/1.1",
        "CONNECT fe80::1:443 HTTP/1.1",
        "CONNECT [fe80::1%25eth0]:443 HTTP/1.1",
        "CONNECT b\xfccher.example:443 HTTP/1.1",
        "connect packages.example:443 HTTP/1.1",
        "",
    ],
)
def test_what_is_no_such_request_is_refused(line):
    with pytest.raises(Refused) as why:
        asked(line.encode("latin-1"))
    assert why.value.reason == "line"


def test_plain_http_is_refused_with_words_of_its_own():
    with pytest.raises(Refused) as why:
        asked(b"GET http://packages.example/simple HTTP/1.1")
    assert why.value.reason == "plain"
    assert "https" in why.value.words


def test_an_ipv6_address_stands_in_brackets():
    assert to("fe80::1").authority == "[fe80::1]:443"
    assert to("packages.example", 80).authority == "packages.example:80"


@pytest.mark.parametrize(
    "host", ["packages.example", "files.hosted.example", "a.b.hosted.example"]
)
def test_hosts_that_are_allowed_may_be_reached(host):
    assert refusal(to(host), ("packages.example", "*.hosted.example")) is None


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        ("hosted.example", "host"),
        ("evilhosted.example", "host"),
        ("packages.example.evil.example", "host"),
        ("x.packages.example", "host"),
        ("localhost", "name"),
        ("127.0.0.1", "name"),
        ("0x7f.1", "name"),
        ("2130706433", "name"),
        ("127.0.0.0x1", "name"),
        ("::1", "name"),
        ("", "name"),
        ("packages.example.", "name"),
        (".hosted.example", "name"),
        ("a..hosted.example", "name"),
        ("-a.hosted.example", "name"),
        (f"{'a' * 64}.hosted.example", "name"),
        (f"{'a.' * 120}hosted.example", "name"),
    ],
)
def test_other_hosts_may_not(host, reason):
    why = refusal(to(host), ("packages.example", "*.hosted.example"))
    assert why is not None
    assert why.reason == reason


def test_an_address_may_not_be_reached_even_where_settings_name_it():
    why = refusal(to("10.0.0.1"), ("10.0.0.1",))
    assert why is not None
    assert why.reason == "name"


def test_no_port_but_that_of_https_is_passed_on():
    why = refusal(to("packages.example", 22), ("packages.example",))
    assert why is not None
    assert why.words == "Only port 443 is passed on, not 22."


def test_who_is_refused_is_told_what_to_write_and_where():
    words = refused("host", to("evil.example")).words
    assert "`evil.example`" in words
    assert "`.github/greenroom.yml`" in words
    assert "`egress: {allow: [evil.example]}`" in words


@pytest.mark.parametrize("reason", WORDS)
def test_every_reason_is_one_sentence_that_fits_into_a_line(reason):
    words = refused(reason, to("a.example")).words
    assert words.endswith(".")
    assert words.isascii()
    assert words.isprintable()


@pytest.mark.parametrize(
    ("own", "org", "fits"),
    [
        ((), (), True),
        (("a.example.com",), ("a.example.com", "b.example.com"), True),
        (("a.example.com", "*.b.example.com"), ("*.example.com",), True),
        (("*.example.com",), ("*.example.com",), True),
        (("*.example.com",), ("a.example.com",), False),
        (("example.com",), ("*.example.com",), False),
        (("*.com",), ("*.example.com",), False),
        (("a.example.com", "evil.example"), ("*.example.com",), False),
    ],
)
def test_a_list_narrows_another_where_all_of_it_is_within(own, org, fits):
    assert narrows(own, org) is fits


def test_a_host_is_within_itself():
    assert within("a.example", "a.example")
    assert not within("a.example", "b.example")


@pytest.mark.parametrize(
    "address",
    ["151.101.0.223", "8.8.8.8", "2a04:4e42::223", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_addresses_of_the_internet_are_public(address):
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.1.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1"),
        *("100.64.0.1", "100.100.100.200", "169.254.169.254", "168.63.129.16", "192.0.0.192"),
        *("192.0.2.1", "198.18.0.1", "192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "::7f00:1", "fe80::1", "fe80::1%eth0", "fec0::1"),
        *("fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "2001:db8::1", "3fff::1", "5f00::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:0:7f00:1", "64:ff9b::7f00:1"),
        *("64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:808:808::1"),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1", "not an address", ""),
    ],
)
def test_all_other_addresses_are_not(address):
    assert not is_public(address)


def test_a_refusal_says_why_in_its_first_line_too():
    head, _, body = answer(403, "No.").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 No.\r\n")
    assert b"Content-Length: 4" in head
    assert body == b"No.\n"
