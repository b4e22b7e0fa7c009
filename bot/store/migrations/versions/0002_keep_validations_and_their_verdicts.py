"""Keep validations and their verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
    op.create_table(
        "validations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=True),
        sa.Column("installation", sa.BigInteger(), nullable=False),
        sa.Column("repo_id", sa.BigInteger(), nullable=False),
        sa.Column("repo", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("tree", sa.Text(), nullable=True),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("work", sa.Text(), nullable=True),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("toolboxes", sa.JSON(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=True),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("sets_up", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("layer", sa.Text(), nullable=True),
        sa.Column("needs", sa.JSON(), nullable=True),
        sa.Column("needs_key", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("follows", sa.Text(), nullable=True),
        sa.Column("cached", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("hits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("verdict", sa.JSON(), nullable=True),
        sa.Column("output", sa.LargeBinary(), nullable=True),
        sa.Column("printed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("slot", sa.Integer(), nullable=True),
        sa.Column("job", sa.Text(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("launch_hash", sa.Text(), nullable=True),
        sa.Column("run_hash", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("started_at", sa.Float(), nullable=True),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.Column("deadline", sa.Float(), nullable=True),
        sa.Column("next_attempt_at", sa.Float(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["follows"],
            ["validations.id"],
            name=op.f("fk_validations_follows"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["run"], ["runs.id"], name=op.f("fk_validations_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validations")),
        sa.UniqueConstraint("job", name=op.f("uq_validations_job")),
        sa.UniqueConstraint("launch_hash", name=op.f("uq_validations_launch_hash")),
        sa.UniqueConstraint("run_hash", name=op.f("uq_validations_run_hash")),
    )
    op.create_index(
        "ix_validations_due",
        "validations",
        ["next_attempt_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'running') AND follows IS NULL"),
        postgresql_where=sa.text("state IN ('queued', 'running') AND follows IS NULL"),
    )
    op.create_index("ix_validations_ended", "validations", ["ended_at"], unique=False)
    op.create_index("ix_validations_follows", "validations", ["follows"], unique=False)
    op.create_index(
        "ix_validations_key", "validations", ["repo_id", "key", "ended_at"], unique=False
    )
    op.create_index(
        "ix_validations_needs",
        "validations",
        ["repo_id", "needs_key"],
        unique=False,
        sqlite_where=sa.text("state = 'queued' AND needs_key IS NOT NULL"),
        postgresql_where=sa.text("state = 'queued' AND needs_key IS NOT NULL"),
    )
    op.create_index("ix_validations_request", "validations", ["request"], unique=False)
    op.create_index("ix_validations_run", "validations", ["run", "id"], unique=False)
    op.create_index(
        "ix_validations_subject", "validations", ["repo_id", "number", "id"], unique=False
    )
    op.create_index(
        "uq_validations_leading",
        "validations",
        ["repo_id", "key"],
        unique=True,
        sqlite_where=sa.text("state IN ('queued', 'running') AND follows IS NULL"),
        postgresql_where=sa.text("state IN ('queued', 'running') AND follows IS NULL"),
    )
    op.create_index(
        "uq_validations_slot",
        "validations",
        ["slot"],
        unique=True,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
