"""Images made from scratch, and a registry on loopback that serves them by digest."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bot.images.images import this_platform
from bot.rules.images import INDEX, MANIFEST, PACKINGS

CONFIG = "application/vnd.oci.image.config.v1+json"
TAR, GZIP, ZSTD = list(PACKINGS)[:3]

Entry = tuple[str, bytes] | tarfile.TarInfo
"""A file by its name and what it holds, or anything else that a tar may say."""


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def entry(name: str, kind: bytes, to: str = "", mode: int = 0o755) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode = kind, to, mode
    return made


def tar(*entries: Entry) -> bytes:
    """Make the tar of a layer; files may be run by all."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for each in entries:
            if isinstance(each, tarfile.TarInfo):
                made.addfile(each)
            else:
                info = entry(each[0], tarfile.REGTYPE)
                info.size = len(each[1])
                made.addfile(info, io.BytesIO(each[1]))
    return out.getvalue()


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


@dataclass
class Image:
    """What a registry has of an image.

    Attributes:
        digest: of its manifest, or of what stands above it.
        blobs: by digest; manifests too.
    """

    digest: str
    blobs: dict[str, bytes]

    def named(self, place: str, repository: str = "tools/box") -> str:
        return f"{place}/{repository}@{self.digest}"

    def under_index(self, **platform: str) -> "Image":
        """Put an index above it, in which another platform comes first."""
        system, architecture = this_platform()
        own = {"os": system, "architecture": architecture} | platform
        listed = [
            listed_as(MANIFEST, b"other", platform={"os": "plan9", "architecture": "mips"}),
            listed_as(MANIFEST, self.blobs[self.digest], platform=own),
        ]
        data = written({"schemaVersion": 2, "mediaType": INDEX, "manifests": listed})
        return Image(sha256(data), self.blobs | {sha256(data): data})


def written(said: object) -> bytes:
    return json.dumps(said).encode()


def listed_as(kind: str, data: bytes, **more: object) -> dict[str, object]:
    return {"mediaType": kind, "digest": sha256(data), "size": len(data), **more}


def image(
    *tars: bytes,
    kind: str = GZIP,
    pack: Callable[[bytes], bytes] = zipped,
    says: object = None,
) -> Image:
    """Make an image of layers, the lowest first; `says` is for who makes a container of it."""
    layers = [pack(each) for each in tars]
    rootfs = {"type": "layers", "diff_ids": [sha256(each) for each in tars]}
    config = written({"rootfs": rootfs} | ({} if says is None else {"config": says}))
    manifest = written(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": listed_as(CONFIG, config),
            "layers": [listed_as(kind, each) for each in layers],
        }
    )
    return Image(sha256(manifest), {sha256(each): each for each in (*layers, config, manifest)})


@dataclass
class Served:
    """A registry that serves by digest, and what it was asked.

    Attributes:
        place: `127.0.0.1:PORT`.
        blobs: what it has; a test may put other bytes under a digest.
        login: what stands after `Basic` for its token; None where it gives to everybody.
        elsewhere: where it sends for blobs; empty for nowhere.
        realm: where it says that its tokens are; empty for here.
        status: what it answers to everything.
        sent: bytes of manifests and blobs that it gave.
        asked: the paths, each with what was shown as `Authorization`.
    """

    place: str = ""
    blobs: dict[str, bytes] = field(default_factory=dict)
    login: str | None = None
    elsewhere: str = ""
    realm: str = ""
    status: int = 200
    sent: int = 0
    asked: list[tuple[str, str]] = field(default_factory=list)

    def has(self, made: Image) -> str:
        """Take an image in; return its name."""
        self.blobs |= made.blobs
        return made.named(self.place)

    def times(self, what: str) -> int:
        return sum(what in path for path, _ in self.asked)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        self.asked.append((request.path, shown))
        if request.path == "/token":
            return self._token(request, shown)
        if self.status != 200:
            return web.Response(status=self.status, headers={"Retry-After": "7"})
        if self.login and shown != "Bearer good":
            realm = self.realm or f"http://{self.place}/token"
            wanted = f'Bearer realm="{realm}",service="tests",scope="repository:all:*"'
            return web.Response(status=401, headers={"WWW-Authenticate": wanted})
        kind, digest = request.path.split("/")[-2:]
        if kind == "blobs" and self.elsewhere:
            return web.Response(status=307, headers={"Location": f"{self.elsewhere}/{digest}"})
        if digest not in self.blobs:
            return web.Response(status=404)
        self.sent += len(self.blobs[digest])
        return web.Response(body=self.blobs[digest])

    def _token(self, request: web.Request, shown: str) -> web.Response:
        scope = request.query.get("scope")
        if shown != f"Basic {self.login}" or scope != "repository:tools/box:pull":
            return web.Response(status=401)
        return web.json_response({"token": "good"})


@asynccontextmanager
async def served() -> AsyncIterator[Served]:
    """Serve a registry on loopback, without TLS."""
    registry = Served()
    runner = web.ServerRunner(web.Server(registry.answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        registry.place = f"127.0.0.1:{runner.addresses[0][1]}"
        yield registry
    finally:
        await runner.cleanup()
