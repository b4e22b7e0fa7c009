"""The plan that an agent makes before it may change anything, and what a yes to it means."""

import hashlib

from bot.model.ids import Sha
from bot.model.runs import Plan


def plan(text: str, sha: Sha) -> Plan:
    """Name a plan by its words and the commit that it was made on."""
    named = hashlib.sha256(f"{sha}\n{text}".encode()).hexdigest()
    return Plan(text=text, sha=sha, hash=named[:40])
