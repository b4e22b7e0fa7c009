"""The table of validations; `bot/store/schema.py` has it among the others."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from bot.store.metadata import metadata

LEADING = "state IN ('queued', 'running') AND follows IS NULL"
"""What the validations have in common that have a job of their own, or are to have one.

The queries repeat it to the letter, since SQLite uses a partial index only for those that do.
"""

WAITING = "state = 'queued' AND needs_key IS NOT NULL"
"""What those have in common that may wait for a setup."""

# A validation that was asked for: by a run's agent, or by a person for a pull request.  Whoever
# asks for what is under way has a row of its own, which follows that one to its end.
# A setup is one that nobody in particular asks for, and that leaves a layer for others.
validations = Table(
    "validations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE")),
    Column("installation", BigInteger, nullable=False),
    Column("repo_id", BigInteger, nullable=False),
    Column("repo", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("key", Text),  # of all that decides what comes of it; known with the tree
    Column("tree", Text),
    Column("base", Text, nullable=False),
    Column("head", Text),  # the commit of that tree, where a person asked
    Column("work", Text),
    Column("definition", JSON, nullable=False),
    Column("toolboxes", JSON, nullable=False),
    Column("asked", JSON),  # who has asked and where, if a person has
    Column("request", Text),  # what they asked with, for one validation or several
    Column("sets_up", Boolean, nullable=False, server_default=text("false")),
    Column("layer", Text),  # the blob of what a setup has added
    Column("needs", JSON),  # what is to lie below its workspace
    Column("needs_key", Text),  # the key of that setup
    Column("state", Text, nullable=False),
    Column("follows", Text, ForeignKey("validations.id", ondelete="SET NULL")),
    Column("cached", Boolean, nullable=False, server_default=text("false")),
    Column("hits", Integer, nullable=False, server_default="0"),  # asked for again, answered
    Column("outcome", Text),
    Column("verdict", JSON),
    Column("output", LargeBinary),  # the end of what it printed
    Column("printed", BigInteger, nullable=False, server_default="0"),  # bytes in all
    Column("slot", Integer),  # of those that may run side by side
    Column("job", Text, unique=True),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("launch_hash", Text, unique=True),
    Column("run_hash", Text, unique=True),
    Column("created_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("deadline", Float),
    Column("next_attempt_at", Float, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("leased_by", Text),
    Column("leased_until", Float),
    Index(
        "uq_validations_leading",
        "repo_id",
        "key",
        unique=True,
        sqlite_where=text(LEADING),
        postgresql_where=text(LEADING),
    ),
    Index(
        "uq_validations_slot",
        "slot",
        unique=True,
        sqlite_where=text("state = 'running'"),
        postgresql_where=text("state = 'running'"),
    ),
    Index("ix_validations_key", "repo_id", "key", "ended_at"),
    Index("ix_validations_ended", "ended_at"),
    Index("ix_validations_request", "request"),
    Index("ix_validations_run", "run", "id"),
    Index("ix_validations_follows", "follows"),
    Index(
        "ix_validations_needs",
        "repo_id",
        "needs_key",
        sqlite_where=text(WAITING),
        postgresql_where=text(WAITING),
    ),
    Index("ix_validations_subject", "repo_id", "number", "id"),
    Index(
        "ix_validations_due",
        "next_attempt_at",
        sqlite_where=text(LEADING),
        postgresql_where=text(LEADING),
    ),
)
