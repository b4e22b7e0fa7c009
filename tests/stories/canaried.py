"""A process of the app whose launch and run tokens can be told from any other text."""

import secrets
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import bot.wiring.base
from bot.cli import main

CANARY = "canary-of-a-job"


def token() -> str:
    return f"{CANARY}-{secrets.token_urlsafe(16)}"


if __name__ == "__main__":
    bot.wiring.base.token = token
    sys.exit(main())
