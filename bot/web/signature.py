"""A delivery is believed only when GitHub signed it; this is the one place that says so.

The signature is checked over the bytes as they came, before anything reads them.
https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
"""

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot.model.errors import Refused
from bot.model.ids import DeliveryGuid

GUID = re.compile(r"[0-9A-Za-z-]{1,64}")
"""GitHub sends a UUID of 36 characters; GitHub Enterprise Server may differ."""

EVENT = re.compile(r"[a-z0-9_]{1,64}")
"""Such as `issues`, or `projects_v2_item`."""
SIGNATURE = re.compile(r"sha256=[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """The headers of a delivery; nothing proves yet that GitHub sent them."""

    guid: DeliveryGuid
    event: str
    signature: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A delivery that GitHub signed.  Only `verify` makes one."""

    guid: DeliveryGuid
    event: str
    body: bytes = field(repr=False)


def read_headers(headers: Mapping[str, str]) -> Headers:
    """Read the three headers of a delivery.

    Raises:
        Refused: `headers` when one that names the delivery is missing or misshapen,
            `signature` when the signature is.
    """
    guid = headers.get("X-GitHub-Delivery", "")
    event = headers.get("X-GitHub-Event", "")
    if not GUID.fullmatch(guid):
        raise Refused("headers", "X-GitHub-Delivery is missing or is not a delivery's id.")
    if not EVENT.fullmatch(event):
        raise Refused("headers", "X-GitHub-Event is missing or is not an event's name.")
    signature = headers.get("X-Hub-Signature-256", "")
    if not SIGNATURE.fullmatch(signature):
        raise Refused("signature", "X-Hub-Signature-256 is missing or is not sha256=….")
    return Headers(guid=DeliveryGuid(guid), event=event, signature=signature)


def verify(headers: Headers, body: bytes, secrets: Sequence[SecretStr]) -> Verified:
    """Believe the headers if one of the secrets signed the body.

    Raises:
        Refused: `signature` when none did.
    """
    for secret in secrets:
        digest = hmac.digest(secret.get_secret_value().encode(), body, "sha256").hex()
        if hmac.compare_digest(f"sha256={digest}", headers.signature):
            return Verified(guid=headers.guid, event=headers.event, body=body)
    raise Refused("signature", "X-Hub-Signature-256 does not match the body and the secret.")
