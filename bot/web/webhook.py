"""Takes a delivery in: checks who sent it, has it committed, answers 202.  Nothing else.

What comes from outside is looked at in an order that lets strangers cost little: the
headers, then the body up to GitHub's limit, then the signature, and only then its words.
"""

import asyncio
from collections.abc import Sequence

import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.model.clock import Clock
from bot.model.errors import Refused, Unavailable
from bot.model.payloads import ordering_key
from bot.store.intake import Intake
from bot.web.answers import refuse, unavailable
from bot.web.budget import Budget, Share
from bot.web.signature import Verified, read_headers, verify

log = structlog.get_logger()

# https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
LARGEST = 25 * 1024 * 1024
"""Bytes; GitHub does not deliver a payload that is larger than 25 MB."""

UPLOAD = 10.0
"""Seconds for a body to arrive; GitHub's own limit for the whole delivery."""

ROOM = 256 << 20
"""Bytes that all bodies together may have in memory until their requests are answered."""

ACCEPTED = b'{"status": "accepted"}'


class Webhook:
    """Answers `POST /webhook`."""

    def __init__(self, secrets: Sequence[SecretStr], intake: Intake, clock: Clock) -> None:
        self._secrets = secrets
        self._intake = intake
        self._clock = clock
        self._budget = Budget(ROOM)

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Answer 202 after the commit, or say in a sentence why not."""
        with Share(self._budget) as share:
            return await self._answer(request, share)

    async def _answer(self, request: web.BaseRequest, share: Share) -> web.Response:
        try:
            delivery = await self._verified(request, share)
            key = ordering_key(delivery.body)
            await self._intake.keep(
                delivery.guid, delivery.event, key, delivery.body, self._clock.now()
            )
        except Refused as problem:
            log.info("delivery.refused", delivery=_claimed(request), reason=problem.reason)
            return refuse(problem)
        except Unavailable as problem:
            log.warning("delivery.put_off", delivery=_claimed(request), problem=str(problem))
            return unavailable(problem)
        log.info(
            "delivery.kept",
            delivery=delivery.guid,
            event_name=delivery.event,
            key=key,
            bytes=len(delivery.body),
        )
        return web.Response(status=202, body=ACCEPTED, content_type="application/json")

    async def _verified(self, request: web.BaseRequest, share: Share) -> Verified:
        _check_content(request)
        headers = read_headers(request.headers)
        return verify(headers, await _read(request, share), self._secrets)


def _claimed(request: web.BaseRequest) -> str:
    return request.headers.get("X-GitHub-Delivery", "")[:64]


def _check_content(request: web.BaseRequest) -> None:
    if request.content_type != "application/json":
        words = "Set the webhook's content type to application/json."
        raise Refused("content_type", words)
    if "Content-Encoding" in request.headers:
        # GitHub never does, and what is packed would have to be unpacked to be checked.
        raise Refused("content_type", "A delivery must not have a Content-Encoding.")


async def _read(request: web.BaseRequest, share: Share) -> bytes:
    """Read the body, and no more of it than GitHub would ever send."""
    too_large = "A delivery has 25 MB at most."
    if (request.content_length or 0) > LARGEST:
        raise Refused("size", too_large)
    if request.content.is_eof():  # as a rule it came together with the headers
        return request.content.read_nowait()
    chunks, size = [], 0
    try:
        async with asyncio.timeout(UPLOAD):
            while chunk := await request.content.readany():
                size += len(chunk)
                if size > LARGEST:
                    raise Refused("size", too_large)
                share.cover(size)
                chunks.append(chunk)
    except TimeoutError:
        raise Refused("slow", f"The body took longer than {UPLOAD:.0f} seconds.") from None
    return b"".join(chunks)
