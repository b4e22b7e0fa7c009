"""What a pull request's own configuration would have validations stand for, and that it does not.

Its files are read to say so, and decide nothing.
"""

import asyncio
from collections.abc import Sequence

from bot.model.runs import JobPlan
from bot.rules import evidence, validation
from bot.rules.layers import FOLDER, Layer
from bot.rules.repoconfig import effective
from bot.store import layers
from bot.store.engine import Store
from bot.store.run_row import RunRow
from bot.work.configs import CONFIGURES, in_force, judged
from bot.workspace.mirror import Mirrors
from bot.workspace.reading import texts


async def otherwise(store: Store, mirrors: Mirrors, row: RunRow, plan: JobPlan) -> Sequence[str]:
    """Say which validations of a run its pull request would change; nothing where that is old.

    A fork's files are not read.

    Args:
        store: knows what the default branch says.
        mirrors: have the commit.
        row: the run, before its next job is written down.
        plan: of that job.

    Raises:
        Unavailable: git did not answer.
    """
    told_before = row.fence > 0 and row.base == plan.base
    if not row.on_branch or row.fork or told_before or not row.terms.validations:
        return ()
    files = await texts(mirrors.path(plan.shelf), plan.base, FOLDER, CONFIGURES)
    async with store.read() as rows:
        there = await in_force(rows, await layers.find(rows, row.repo))
    here = there or Layer(where=row.repo, files={})
    if files == here.files:
        return ()
    own = Layer(where=row.repo, files=files)
    changed = await asyncio.to_thread(_changed, here, own)
    asked = {each.name for each in row.terms.validations}
    words = evidence.otherwise([name for name in changed if name in asked])
    return (words,) if words else ()


def _changed(base: Layer, own: Layer) -> Sequence[str]:
    if judged(own):
        return ()
    first, second = (effective(None, each).validations for each in (base, own))
    return validation.changed(first, second)
