"""A validation as a row of the database."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import Fence, InstallationId, JobName, Repo, RunId, Sha, ValidationId
from bot.model.validations import Definition, Groundwork, State, Toolbox, Verdict
from bot.store.schema import validations as table

UNDER_WAY: tuple[State, ...] = ("queued", "running")
"""The states of what has no verdict yet."""

AHEAD, GIVEN_UP = "ahead", "given up"
"""What is noted of one for which nobody has asked, and its value once nobody will."""

NO_JOB = Fence(0)
"""The fence of what never had one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRow:
    """A validation as it stood when it was read; what it printed is read apart.

    Attributes:
        run: whose agent has asked; None where a person has.
        number: of the issue or pull request that it is about.
        key: names all that decides what comes of it; None until its tree is known.
        base: the commit that its tree is made from.
        head: the commit of its tree, where there is one.
        work: the blob with what differs from the base.
        toolboxes: those that its definition names.
        asked: who has asked, if a person has; whether strangers may have made the tree; what
            toolboxes beside it want of each other; and `ahead`, where nobody has asked yet.
        request: what they have asked with, for one validation or several.
        sets_up: whether it is a setup, which leaves a layer for others.
        layer: the blob of what it has added, once that is there.
        needs: what is to lie below its workspace; None for nothing.
        follows: the one that runs for it, asked for by somebody else before.
        cached: whether nothing was run for it.
        hits: how often it was asked for again, and answered at once.
        printed: bytes that it has printed in all.
        slot: its place among those that run.
        fence: the number of its current job.
        deadline: Unix seconds at which its job is given up.
    """

    id: ValidationId
    run: RunId | None
    installation: InstallationId
    repo_id: int
    repo: Repo
    number: int
    name: str
    key: str | None
    tree: Sha | None
    base: Sha
    head: Sha | None = None
    work: str | None = None
    definition: Definition
    toolboxes: tuple[Toolbox, ...]
    asked: Mapping[str, Any] | None = None
    request: str | None = None
    sets_up: bool = False
    layer: str | None = None
    needs: Groundwork | None = None
    state: State = "queued"
    follows: ValidationId | None = None
    cached: bool = False
    hits: int = 0
    verdict: Verdict | None = None
    printed: int = 0
    slot: int | None = None
    job: JobName | None = None
    fence: Fence = NO_JOB
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None
    deadline: float | None = None
    next_attempt_at: float
    failures: int = 0

    @property
    def under_way(self) -> bool:
        """Whether it has no verdict yet, and will have one."""
        return self.state in UNDER_WAY

    @property
    def ahead(self) -> bool:
        """Whether nobody has asked for it: it began since its tree was quiet."""
        return AHEAD in (self.asked or {})

    @property
    def given_up(self) -> bool:
        """Whether nobody will ask for it any more: its tree has moved on."""
        return (self.asked or {}).get(AHEAD) == GIVEN_UP

    @property
    def shelf(self) -> Repo:
        """The folder of the repository's mirror and trees, as for its runs."""
        return Repo(f"{self.repo}.{self.repo_id}")


COLUMNS = tuple(table.c[field.name] for field in fields(ValidationRow))
DEFINITION = TypeAdapter(Definition)
TOOLBOXES = TypeAdapter(tuple[Toolbox, ...])
VERDICT: TypeAdapter[Verdict | None] = TypeAdapter(Verdict | None)
NEEDS: TypeAdapter[Groundwork | None] = TypeAdapter(Groundwork | None)


async def all_rows(tx: AsyncConnection, query: Select[Any]) -> Sequence[ValidationRow]:
    """Return the validations that a query over `COLUMNS` finds."""
    return [from_columns(row) for row in (await tx.execute(query)).mappings()]


async def first(tx: AsyncConnection, query: Select[Any]) -> ValidationRow | None:
    """Return the first of them."""
    return next(iter(await all_rows(tx, query.limit(1))), None)


def from_columns(row: Any) -> ValidationRow:
    """Make a validation of a row that a query over `COLUMNS` has found."""
    return ValidationRow(
        **{
            **row,
            "definition": DEFINITION.validate_python(row["definition"]),
            "toolboxes": TOOLBOXES.validate_python(row["toolboxes"]),
            "verdict": VERDICT.validate_python(row["verdict"]),
            "needs": NEEDS.validate_python(row["needs"]),
        }
    )


def to_columns(row: ValidationRow) -> dict[str, Any]:
    """Return a validation's values as the database keeps them."""
    return {column.name: getattr(row, column.name) for column in COLUMNS} | {
        "definition": asdict(row.definition),
        "toolboxes": [asdict(each) for each in row.toolboxes],
        "outcome": row.verdict and row.verdict.outcome,
        "verdict": row.verdict and asdict(row.verdict),
        **needs_columns(row.needs),
    }


def needs_columns(needs: Groundwork | None) -> dict[str, Any]:
    """Return what is to lie below a workspace as the database keeps it."""
    return {"needs": needs and asdict(needs), "needs_key": needs and needs.key}
