"""The gateway's door to allowed hosts, at its socket."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.gateway.egress import Bounds, Egress
from bot.model.clock import Clock
from bot.model.errors import Unavailable
from bot.rules.clienthello import REFUSAL
from bot.rules.egress import Reached
from bot.store import reached
from bot.work.egress import Reaching
from tests.gateway.stand import NOW, Stand
from tests.nearby import PUBLIC, Nearby, https

ALLOWED = ("packages.example", "*.example.com")
ESTABLISHED = "HTTP/1.1 200 Connection established"


@dataclass
class Door:
    """The door, and what stands before and behind it."""

    stand: Stand
    outside: Nearby
    authority: Path
    token: str
    bounds: Bounds = field(default_factory=lambda: Bounds(look=0.02, arrives=5))

    @asynccontextmanager
    async def up(self, **bounds):
        known = {name: getattr(self.bounds, name) for name in Bounds.__slots__}
        reaching = Reaching(self.stand.store, Clock(lambda: NOW))
        egress = Egress(reaching, self.outside, Bounds(**(known | bounds)))
        async with asyncio.TaskGroup() as group:
            task = group.create_task(egress.serve(self.stand.folder))
            await asyncio.sleep(0)
            yield self
            task.cancel()

    async def ask(self, request: str):
        """Send a request; return the streams, and the head of the answer."""
        path = self.stand.folder / "egress.sock"
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(request.encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except EOFError:
            writer.close()
            raise
        return reader, writer, head.decode().splitlines()[0]

    async def connect(self, host, port=443, token=None):
        token = self.token if token is None else token
        line = f"CONNECT {host}:{port} HTTP/1.1"
        return await self.ask(f"{line}\r\nProxy-Authorization: Bearer {token}\r\n\r\n")

    async def refused(self, host, port=443, token=None):
        """Return the status and the words of a refusal; both places say the same words."""
        reader, writer, head = await self.connect(host, port, token)
        words = (await reader.read()).decode().strip()
        writer.close()
        version, status, said = head.split(" ", 2)
        assert (version, said) == ("HTTP/1.1", words)
        return int(status), words

    async def fetch(self, host, name=None):
        """Say something to a host by TLS, and return what it answers."""
        reader, writer, head = await self.connect(host)
        assert head == ESTABLISHED
        context = ssl.create_default_context(cafile=self.authority)
        try:
            await writer.start_tls(context, server_hostname=name or host)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            return (await reader.read()).decode().splitlines()[-1]
        finally:
            writer.close()

    async def written_down(self):
        async with self.stand.store.read() as tx:
            found = await reached.of(tx, await self.run())
        return [(each.host, each.allowed, each.times) for each in found]

    async def run(self):
        async with self.stand.store.read() as tx:
            query = "select run from jobs order by created_at limit 1"
            return (await tx.exec_driver_sql(query)).scalar_one()


@pytest.fixture
async def door(open_stand, tmp_path):
    """A door whose outside is one TLS server, and a live job."""
    open_stand.egress = ALLOWED
    job = await open_stand.live()
    async with https(tmp_path, "packages.example", "a.example.com", "evil.example") as port:
        yield Door(open_stand, Nearby(port), tmp_path / "ca.pem", job.run_token)


async def test_an_allowed_host_is_reached_and_written_down(door):
    async with door.up():
        assert await door.fetch("packages.example") == "hello"
        assert await door.fetch("A.Example.com.", "a.example.com") == "hello"
        assert await door.fetch("packages.example") == "hello"
    assert await door.written_down() == [("a.example.com", True, 1), ("packages.example", True, 2)]


async def test_another_host_is_refused_and_not_even_looked_up(door):
    async with door.up():
        status, words = await door.refused("evil.example")
    assert status == 403
    assert "`egress: {allow: [evil.example]}`" in words
    assert await door.written_down() == [("evil.example", False, 1)]
    assert door.outside.looked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "169.254.169.254", "localhost", "0x7f.1"])
async def test_no_address_is_reached(door, host):
    async with door.up():
        assert (await door.refused(host))[0] == 403
    assert door.outside.connected == []


async def test_what_is_connected_to_is_the_address_that_was_looked_at(door):
    door.outside.found = ("93.184.215.15", PUBLIC)
    door.outside.silent = frozenset({"93.184.215.15"})
    async with door.up():
        assert await door.fetch("packages.example") == "hello"
    assert door.outside.looked == ["packages.example"]
    assert door.outside.connected == [("93.184.215.15", 443), (PUBLIC, 443)]


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "::ffff:169.254.169.254", "fd00:ec2::254"])
async def test_a_name_that_leads_to_one_private_address_leads_nowhere(door, address):
    door.outside.found = (PUBLIC, address)
    async with door.up():
        status, words = await door.refused("packages.example")
    assert status == 403
    assert "not public" in words
    assert door.outside.connected == []
    assert await door.written_down() == [("packages.example", False, 1)]


async def test_a_name_that_is_not_found_and_a_host_that_is_silent_are_told_apart(door):
    async with door.up():
        door.outside.found = ()
        assert (await door.refused("packages.example"))[0] == 502
        door.outside.found, door.outside.silent = (PUBLIC,), frozenset({PUBLIC})
        assert (await door.refused("packages.example"))[0] == 504
    assert await door.written_down() == []


async def test_another_port_is_refused(door):
    async with door.up():
        assert (await door.refused("packages.example", 22))[0] == 403


async def test_plain_http_is_refused_with_words(door):
    token = f"Proxy-Authorization: Bearer {door.token}"
    async with door.up():
        _, writer, head = await door.ask(
            f"GET http://packages.example/ HTTP/1.1\r\n{token}\r\n\r\n"
        )
        writer.close()
    assert head.startswith("HTTP/1.1 400 Plain HTTP")


@pytest.mark.parametrize("name", ["evil.example", "b.example.com"])
async def test_tls_for_another_host_is_refused_before_a_byte_of_it_goes_out(door, name):
    async with door.up():
        with pytest.raises(ssl.SSLError, match="unrecognized name"):
            await door.fetch("packages.example", name)
    assert await door.written_down() == [("packages.example", False, 1)]


async def test_what_cannot_be_written_down_does_not_go_out(door, monkeypatch):
    async def away(_self, _going):
        raise Unavailable("database", "gone", retry_after=1)

    monkeypatch.setattr(Reaching, "reached", away)
    async with door.up():
        with pytest.raises(ConnectionError):
            await door.fetch("packages.example")


async def test_a_bug_in_one_connection_ends_that_one_alone(door, monkeypatch):
    asked, trouble = Reaching.allowed, []

    async def broken(self, token, to):
        return 1 / 0 if to.host == "b.example.com" else await asked(self, token, to)

    monkeypatch.setattr(Reaching, "allowed", broken)
    asyncio.get_running_loop().set_exception_handler(lambda _, about: trouble.append(about))
    async with door.up():
        with pytest.raises(EOFError):
            await door.connect("b.example.com")
        assert await door.fetch("packages.example") == "hello"
    assert [type(each["exception"]) for each in trouble] == [ZeroDivisionError]


async def test_what_is_no_tls_is_refused(door):
    async with door.up():
        reader, writer, head = await door.connect("packages.example")
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        assert head == ESTABLISHED
        assert await reader.read() == REFUSAL
        writer.close()


@pytest.mark.parametrize(
    "fields",
    [
        "",
        "Host: x\r\nProxy-Authorization: Bearer {}\r\n",
        "Proxy-Authorization: Bearer {}\r\nHost: x\r\n",
        "Authorization: Bearer {}\r\n",
        "Proxy-Authorization: Bearer unknown\r\n",
    ],
)
async def test_a_request_is_the_harness_s_own_or_none(door, fields):
    line = "CONNECT packages.example:443 HTTP/1.1\r\n"
    async with door.up():
        _, writer, answered = await door.ask(f"{line}{fields.format(door.token)}\r\n")
        writer.close()
    assert answered.startswith("HTTP/1.1 407 ")
    assert door.outside.looked == []


async def test_a_head_that_is_too_long_or_too_slow_is_not_waited_for(door):
    async with door.up(arrives=0.1):
        _, writer, head = await door.ask("CONNECT " + "a" * 70_000)
        assert head.startswith("HTTP/1.1 400 ")
        writer.close()
        with pytest.raises(EOFError):
            await door.ask("CONNECT packages.example:443 HTTP/1.1\r\n")


async def test_a_greeting_that_is_too_slow_is_not_waited_for(door):
    async with door.up(arrives=0.1):
        reader, writer, _ = await door.connect("packages.example")
        writer.write(b"\x16\x03\x01")
        assert await reader.read() == b""
        writer.close()


async def test_jobs_that_are_over_reach_nothing(door):
    job = await door.stand.live()
    await door.stand.cancel(job)
    async with door.up():
        assert await door.refused("packages.example", token=job.run_token) == (
            409,
            "This job is over.",
        )


async def test_a_connection_ends_with_its_job(door):
    job = await door.stand.live()
    async with door.up():
        reader, writer, head = await door.connect("packages.example", token=job.run_token)
        other, kept, _ = await door.connect("packages.example")
        assert head == ESTABLISHED
        await door.stand.replace(job)
        assert await reader.read() == b""
        assert not other.at_eof()
        writer.close()
        kept.close()


async def test_one_job_has_so_many_connections_side_by_side(door):
    async with door.up(at_once=1):
        _, first, _ = await door.connect("packages.example")
        assert (await door.refused("packages.example"))[0] == 429
        first.close()


async def test_all_jobs_together_have_so_many(door):
    other = await door.stand.live()
    async with door.up(whole=1):
        _, first, _ = await door.connect("packages.example")
        assert (await door.refused("packages.example", token=other.run_token))[0] == 429
        first.close()


async def test_one_job_asks_so_often_and_no_more(door):
    async with door.up(asked=1):
        await door.refused("evil.example")
        assert (await door.refused("evil.example"))[0] == 429
    assert await door.written_down() == [("evil.example", False, 1)]


async def test_one_job_moves_so_many_bytes_and_no_more(door):
    async with door.up(moved=100):
        with pytest.raises(ConnectionError):
            await door.fetch("packages.example")
        status, words = await door.refused("packages.example")
    assert status == 403
    assert "as much as" in words


async def test_a_connection_in_which_nothing_is_said_is_cut(door):
    async with door.up(silent=0.05):
        reader, writer, _ = await door.connect("packages.example")
        context = ssl.create_default_context(cafile=door.authority)
        await writer.start_tls(context, server_hostname="packages.example")
        assert await reader.read() == b""
        writer.close()


async def test_what_a_run_reached_has_its_port(door):
    async with door.up():
        await door.refused("packages.example", 22)
    async with door.stand.store.read() as tx:
        found = await reached.of(tx, await door.run())
    assert found == [Reached(host="packages.example", port=22, allowed=False, times=1)]
