"""Drafts the migration from the newest step to what `bot/store/schema.py` says now."""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

HERE = Path(__file__).parent


def draft(number: str, message: str) -> None:
    """Write `versions/NUMBER_MESSAGE.py`, comparing with a database of all steps so far."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    with create_engine("sqlite://").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        command.revision(config, message, rev_id=number, autogenerate=True)


if __name__ == "__main__":
    draft(*sys.argv[1:])
