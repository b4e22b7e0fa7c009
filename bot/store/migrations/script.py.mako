"""${message}."""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply this step."""
% for line in upgrades.splitlines():
% if not line.strip().startswith("# ###"):
    ${line.removeprefix("    ")}
% endif
% endfor
