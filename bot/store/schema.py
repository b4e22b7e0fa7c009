"""The tables, written once for SQLite and PostgreSQL.

What must never happen twice is a unique index here, not an `if` elsewhere: one
row for a delivery, one open run of an agent on a subject, one job for a fence,
one row for a target on GitHub, one holder of a slot, one job for a validation
of the same thing.  Times are Unix seconds.
"""

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
    UniqueConstraint,
    text,
)

from bot.store.metadata import Serial
from bot.store.metadata import metadata as metadata  # noqa: PLC0414 - of all tables, from here
from bot.store.validation_table import validations as validations  # noqa: PLC0414 - likewise

# A delivery waits in `deliveries` until it is done; its body, which is large and
# read once, lies beside it so that the rows which are searched stay small.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("guid", Text, nullable=False, unique=True),
    Column("event", Text, nullable=False),
    Column("ordering_key", Text, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Float, nullable=False, server_default="0"),
    Column("leased_by", Text),
    Column("leased_until", Float),
    Column("note", Text),
    Index(
        "ix_deliveries_waiting",
        "ordering_key",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

delivery_bodies = Table(
    "delivery_bodies",
    metadata,
    Column("guid", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

receipts = Table(
    "receipts",
    metadata,
    Column("guid", Text, primary_key=True),
    Column("reaction", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
)

installations = Table(
    "installations",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", Text, nullable=False),
    Column("permissions", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
)

UNDER_WAY = "(compute <> 'none' OR state IN ('queued', 'running'))"
"""What the runs have in common that a loop looks for.

The queries repeat it to the letter, since SQLite uses a partial index only for those that do.
"""

PARKED = "state = 'parked'"
"""The same of those that wait for something; of ten thousand, few are due."""

runs = Table(
    "runs",
    metadata,
    Column("id", Text, primary_key=True),
    Column("installation", BigInteger, nullable=False),
    Column("repo_id", BigInteger, nullable=False),  # names are given away and taken again
    Column("repo", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("asked_by_id", BigInteger, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("compute", Text, nullable=False),
    Column("fence", Integer, nullable=False, server_default="0"),
    Column("conclusion", Text),
    Column("words", Text),
    Column("instruction", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("author_id", BigInteger, nullable=False),
    Column("author", Text, nullable=False),
    Column("trigger", JSON, nullable=False),
    Column("terms", JSON, nullable=False),  # what config said when the run was asked for
    Column("asked_at", Float, nullable=False),
    Column("fork", Boolean, nullable=False, server_default=text("false")),
    Column("outsiders", Boolean, nullable=False, server_default=text("false")),
    Column("round", Integer, nullable=False, server_default="0"),
    Column("handoffs", Integer, nullable=False, server_default="0"),
    Column("own_pull", Integer),  # the pull request that it has opened
    Column("checkpoint", JSON),  # what its last job left
    Column("plan", JSON),  # the plan that a person has said yes to
    Column("after", Text),  # the finished run that it goes on from
    Column("closed", Boolean, nullable=False, server_default=text("false")),
    Column("extra", BigInteger, nullable=False, server_default="0"),  # money that people added
    Column("verdict", JSON),  # what CI said of its head, as it is shown
    Column("base", Text),
    Column("base_branch", Text),
    Column("result", Text),
    Column("head", Text),
    Column("head_branch", Text),
    Column("tree", Text),  # of the head that it has pushed
    Column("groundwork", JSON),  # what is to lie below the workspace of its jobs
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("next_attempt_at", Float, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("deadline", Float),
    Column("leased_by", Text),
    Column("leased_until", Float),
    Index(
        "uq_runs_open",
        "repo",
        "number",
        "agent",
        unique=True,
        sqlite_where=text("state <> 'finished'"),
        postgresql_where=text("state <> 'finished'"),
    ),
    Index("ix_runs_started", "repo_id", "created_at"),
    # All that the supervisor ever looks at; ten thousand parked runs are not in it.
    Index(
        "ix_runs_owed",
        "next_attempt_at",
        sqlite_where=text(UNDER_WAY),
        postgresql_where=text(UNDER_WAY),
    ),
    Index(
        "ix_runs_parked",
        "next_attempt_at",
        sqlite_where=text(PARKED),
        postgresql_where=text(PARKED),
    ),
)

run_subjects = Table(
    "run_subjects",
    metadata,
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("repo", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("how", Text, nullable=False),  # asked | opened
    Index("ix_run_subjects_subject", "repo", "number"),
)

run_steps = Table(
    "run_steps",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Float, nullable=False),
    Column("by", Text, nullable=False),  # us | agent | note: only we speak for ourselves
    Column("text", Text, nullable=False),
    Column("key", Text),  # the caller's, so that a call which is repeated is told once
    UniqueConstraint("run", "key"),
)

waits = Table(
    "waits",
    metadata,
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("since", Float, nullable=False),
    Column("deadline", Float, nullable=False),
    Column("about", Text),  # the commit that is asked about, or that CI is awaited on
    Column("asked", JSON),  # what was asked of a person
    Column("reminded_at", Float),
    # What reports on a commit comes for many, and hardly ever for one that is waited for.
    Index("ix_waits_about", "about"),
)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("at", Float, nullable=False),
    Column("message", JSON, nullable=False),
    Column("key", Text, nullable=False),  # what has told it, so that it is told once
    Column("read_at", Float),
    UniqueConstraint("run", "key"),
    Index(
        "ix_mailbox_unread",
        "run",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("turn", Integer, nullable=False, server_default="0"),
    Column("launch_hash", Text, nullable=False, unique=True),
    Column("run_hash", Text, unique=True),
    Column("created_at", Float, nullable=False),
    Column("claimed_at", Float),
    Column("heartbeat_at", Float),
    Column("ended_at", Float),
    Column("ending", JSON),
    UniqueConstraint("run", "fence"),
)

slots = Table(
    "slots",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    UniqueConstraint("scope", "run"),
)

outputs = Table(
    "outputs",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("fence", Integer, nullable=False),
    Column("turn", Integer, nullable=False, server_default="0"),  # of the job's agent
    Column("kind", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("at", Float, nullable=False),
    Column("key", Text),
    UniqueConstraint("run", "key"),
)

# The wished state of one target on GitHub.  `version` moves when the wish does,
# `done` follows when GitHub has it; `tried` is set before a request that creates
# something, so that a create without an answer is searched for, not repeated.
outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("target", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), index=True),
    Column("installation", BigInteger, nullable=False),
    Column("repo", Text, nullable=False),
    Column("wish", JSON, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("done", Integer, nullable=False, server_default="0"),
    Column("tried", Boolean, nullable=False, server_default=text("false")),
    Column("external_id", Text),
    Column("refused", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Float, nullable=False, server_default="0"),
    Column("wished_at", Float, nullable=False),
    Column("leased_by", Text),
    Column("leased_until", Float),
    Index(
        "ix_outbox_due",
        "priority",
        "id",
        sqlite_where=text("done < version AND refused IS NULL"),
        postgresql_where=text("done < version AND refused IS NULL"),
    ),
)

# Money that is spoken for, in millionths of a dollar: raised before a request to a model goes
# out, and lowered to what it has cost.  A run's has day 0, a repository's the day since 1970.
budgets = Table(
    "budgets",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("reserved", BigInteger, nullable=False),
)

# Each request of a job to a model: what was set aside for it, and what came of it.
model_calls = Table(
    "model_calls",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("fence", Integer, nullable=False),
    Column("repo_id", BigInteger, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("reserved", BigInteger, nullable=False),
    Column("cost", BigInteger),  # None until it is over, and where no price is known
    Column("usage", JSON),
    Column("status", Integer),  # what the provider answered; None until it is over
    Column("refused", Text),  # why it did not go out, or was not answered
    Column("ended_at", Float),
    Index("ix_model_calls_run", "run", "id"),
)

# What the jobs of a run have reached beside its model, or wanted to: each host once.
reached = Table(
    "reached",
    metadata,
    Column("run", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("host", Text, primary_key=True),
    Column("port", Integer, primary_key=True, autoincrement=False),
    Column("allowed", Boolean, primary_key=True),
    Column("times", Integer, nullable=False),
    Column("at", Float, nullable=False),  # the first time
)

# The heads that pull requests have had, by our own record: GitHub's dates can be forged.
heads = Table(
    "heads",
    metadata,
    Column("repo_id", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Float, primary_key=True),
    Column("sha", Text, nullable=False),
)

# A repository's configuration: the newest that was seen, and the last without mistakes.
layers = Table(
    "layers",
    metadata,
    Column("repo", Text, primary_key=True),
    Column("repo_id", BigInteger, nullable=False),
    Column("sha", Text, nullable=False),
    Column("checked_at", Float, nullable=False),
    Column("mistakes", JSON, nullable=False),
    Column("good_sha", Text),
    Column("files", JSON, nullable=False),
)

# Queued runs of these scopes stay where they are: `all`, `owner:LOGIN`, `repo:ID`.
pauses = Table(
    "pauses",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("by", Text, nullable=False),
    Column("at", Float, nullable=False),
)

# Who asked for what, what was decided and by which rule.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("guid", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("repo_id", BigInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("person_id", BigInteger, nullable=False),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("rule", Text, nullable=False),
    Column("words", Text, nullable=False),
    Index("ix_decisions_subject", "repo_id", "number", "person_id", "id"),
    Index("ix_decisions_at", "at"),
)
