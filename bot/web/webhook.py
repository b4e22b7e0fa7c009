"""Takes a delivery in: checks who sent it, has it committed, answers 202.  Nothing else.

What comes from outside is looked at in an order that lets strangers cost little: the
headers, then the body up to GitHub's limit, then the signature, and only then its words.
"""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import structlog
from aiohttp import web
from pydantic import SecretStr

from bot.model.clock import Clock
from bot.model.errors import Refused, Unavailable
from bot.model.events import ordering_key
from bot.store.intake import Intake
from bot.web.answers import answer, refuse, unavailable
from bot.web.signature import Verified, read_claim, verify

log = structlog.get_logger()

# https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
LARGEST = 25 * 1024 * 1024
"""Bytes; GitHub does not deliver a payload that is larger than 25 MB."""

# https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
PATIENCE = 8.0
"""Seconds for a whole delivery; after ten GitHub hangs up and counts it as failed."""


class Webhook:
    """Answers `POST /webhook`."""

    def __init__(self, secrets: Sequence[SecretStr], intake: Intake, clock: Clock) -> None:
        self._secrets = secrets
        self._intake = intake
        self._clock = clock

    async def __call__(self, request: web.BaseRequest) -> web.Response:
        """Answer 202 after the commit, or say in a sentence why not."""
        guid = request.headers.get("X-GitHub-Delivery", "")[:64]
        try:
            async with asyncio.timeout(PATIENCE):
                delivery = await self._verified(request)
                key = ordering_key(delivery.body)
                await self._intake.keep(
                    delivery.guid, delivery.event, key, delivery.body, self._clock.now()
                )
        except Refused as problem:
            log.info("delivery.refused", delivery=guid, reason=problem.reason)
            return refuse(problem)
        except Unavailable as problem:
            log.warning("delivery.put_off", delivery=guid, problem=str(problem))
            return unavailable(problem)
        except TimeoutError:
            log.warning("delivery.put_off", delivery=guid, problem=f"over {PATIENCE} s")
            return unavailable(Unavailable("intake", "it took too long", retry_after=5.0))
        log.info(
            "delivery.kept",
            delivery=delivery.guid,
            name=delivery.event,
            key=key,
            bytes=len(delivery.body),
        )
        return answer(HTTPStatus.ACCEPTED, delivery=delivery.guid)

    async def _verified(self, request: web.BaseRequest) -> Verified:
        _check_content(request)
        claim = read_claim(request.headers)
        return verify(claim, await _read(request), self._secrets)


def _check_content(request: web.BaseRequest) -> None:
    if request.content_type != "application/json":
        words = "Set the webhook's content type to application/json."
        raise Refused("content_type", words)
    if "Content-Encoding" in request.headers:
        # GitHub never does, and what is packed would have to be unpacked to be checked.
        raise Refused("content_type", "A delivery must not have a Content-Encoding.")


async def _read(request: web.BaseRequest) -> bytes:
    """Read the body, and no more of it than GitHub would ever send."""
    too_large = Refused("size", "A delivery has 25 MB at most.")
    if (request.content_length or 0) > LARGEST:
        raise too_large
    chunks, size = [], 0
    while chunk := await request.content.readany():
        size += len(chunk)
        if size > LARGEST:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)
