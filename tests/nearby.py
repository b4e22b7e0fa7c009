"""An internet for tests: one server of this host, wherever a name leads."""

import asyncio
import datetime as dt
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.wires import Wire

PUBLIC = "93.184.215.14"
"""An address of the internet."""

OK = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n"
)
HELLO = OK % 6 + b"hello\n"
KEEPS = b"Cache-Control: max-age=600\r\nDate: %s\r\n\r\n"
"""What allows clients to keep a page, in the place of a head's last line."""


@dataclass
class Nearby:
    """Stands for the internet.

    Attributes:
        port: of the server that everything leads to.
        found: what each name is looked up as.
        silent: addresses where nobody answers.
        looked: names that were looked up.
        connected: addresses that were connected to.
    """

    port: int
    found: tuple[str, ...] = (PUBLIC,)
    silent: frozenset[str] = frozenset()
    looked: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    async def addresses(self, host: str) -> tuple[str, ...]:
        self.looked.append(host)
        return self.found

    async def connect(self, address: str, port: int) -> Wire:
        self.connected.append((address, port))
        if address in self.silent:
            raise ConnectionRefusedError
        return Wire(*await asyncio.open_connection("127.0.0.1", self.port))


@asynccontextmanager
async def https(
    folder: Path,
    *names: str,
    pages: Mapping[str, bytes] | None = None,
    asked: list[str] | None = None,
) -> AsyncIterator[int]:
    """Serve by TLS; gives the port.  Who trusts `ca.pem` trusts it.

    Everybody is greeted, but for who asks for one of `pages`; what they ask for is added to
    `asked`.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            _, path, *_ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")
            page = (pages or {}).get(path)
            if page is not None and asked is not None:
                asked.append(path)
            writer.write(HELLO if page is None else _page(page))
            await writer.drain()
        except (OSError, EOFError):
            pass
        finally:
            writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(folder, names))
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


def _page(page: bytes) -> bytes:
    head = (OK % len(page)).removesuffix(b"\r\n")
    return head + KEEPS % formatdate(usegmt=True).encode() + page


def _certificate(folder: Path, names: tuple[str, ...]) -> tuple[Path, Path]:
    """Make a certificate that vouches for itself, and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, names))), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(*kinds, serialization.NoEncryption())
    chain, own = folder / "ca.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(secret)
    return chain, own
