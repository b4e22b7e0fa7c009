"""The registry in the box of a build: base images by their digest, had from the gateway.

It knows the places that the definition names, by their number, and nothing else.  Who asks for
a tag is told to write a digest, in the words of registries, which builders pass on to people.
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
"""

import json
import re
from collections.abc import Sequence
from http import HTTPStatus

from bot.harness.building import PATH
from bot.harness.gateway_client import Gateway
from bot.harness.hypertext import Asked, converse
from bot.wires import Wire

SILENT = 31 * 60.0
"""Seconds for which an image may be on its way to this host."""

_VERSION = "/v2/"
_ASKED = re.compile(rf"/v2/{PATH}/(\d{{1,3}})/(manifests|blobs)/([\w.:-]{{1,200}})", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PASSED_ON = ("content-type", "content-length", "docker-content-digest")


class Bases:
    """The connections of one build.

    Args:
        gateway: as the validation may use it.
        places: what its definition names, in order.
    """

    def __init__(self, gateway: Gateway, places: Sequence[str]) -> None:
        self._gateway = gateway
        self._places = places

    async def answer(self, near: Wire) -> None:
        """Answer the requests of a connection."""
        await converse(near, self._answered)

    async def _answered(self, asked: Asked) -> None:
        if asked.target == _VERSION:
            await asked.answer(HTTPStatus.OK, b"{}", "application/json")
            return
        found = _ASKED.fullmatch(asked.target)
        number = int(found[1]) if found else len(self._places)
        if found is None or number >= len(self._places) or asked.method != "GET":
            await _refuse(asked, "UNSUPPORTED", "images are had here by their digest alone")
        elif not _DIGEST.fullmatch(found[3]):
            place = self._places[number]
            words = f"{place}:{found[3]} has no digest; write {place}@sha256:DIGEST"
            await _refuse(asked, "MANIFEST_UNKNOWN", words)
        else:
            await self._pass_on(asked, f"/validation/{PATH}/{number}/{found[2]}/{found[3]}")

    async def _pass_on(self, asked: Asked, target: str) -> None:
        try:
            async with self._gateway.stream("GET", target, {}, (), SILENT) as far:
                if far.status != HTTPStatus.OK:
                    await _refuse(asked, "DENIED", _words(await far.read()))
                    return
                headers = [(name, far.headers[name]) for name in _PASSED_ON if name in far.headers]
                await asked.begin(far.status, headers)
                async for piece in far.line.pieces():
                    await asked.more(piece)
                await asked.end()
        except OSError:
            asked.line.cut()


async def _refuse(asked: Asked, code: str, words: str) -> None:
    body = json.dumps({"errors": [{"code": code, "message": words}]}).encode()
    await asked.answer(HTTPStatus.NOT_FOUND, body, "application/json")


def _words(body: bytes) -> str:
    """Return what the gateway said of why not."""
    try:
        return str(json.loads(body)["words"])
    except (KeyError, TypeError, ValueError):
        return "greenroom's gateway is away"
