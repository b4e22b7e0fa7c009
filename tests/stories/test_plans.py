"""Plans: what an agent would do, and that nothing is done before the right person says yes."""

import re

import pytest
import pytest_asyncio

from tests.stories.people import people, place
from tests.stories.remains import left_over

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

PATCH = """\
Call it what it is:

```diff
--- a/README.md
+++ b/README.md
@@ -1 +1 @@
-# Sums
+# All sums
```
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(town):
    async with people(town) as crowd:
        yield await place(town, crowd)


async def says(here, who, number, body):
    await here.says(who, number, body)
    await here.quiet()
    return (await here.comments(number))[-1]


async def plans(here, number):
    """The comments with plans, oldest first, each with the beginning of its plan's hash."""
    found = [body for body in await here.comments(number) if "greenroom plan" in body]
    return [(body, re.search(r"\b([0-9a-f]{12})\b", body)[1]) for body in found]


async def test_a_plan_is_done_when_a_maintainer_says_yes_to_just_this_one(here):
    world = here.world
    number = await here.issue(here.maintainer, body=PATCH)
    await says(here, here.maintainer, number, "/gr plan Apply the patch")
    ((first, old),) = await plans(here, number)
    assert "@maintainer, **plan** has a plan for" in first
    assert "# All sums" in first
    assert here.runs() == [("plan", "parked", None, None)]
    assert await left_over(world.home, world.uids) == []
    await says(here, here.maintainer, number, "/gr plan Format and lint")
    (first, _), (second, named) = await plans(here, number)
    assert first.endswith("it went on without a yes, another plan needs its own.")
    refusal = await says(here, here.stranger, number, f"/gr approve {named}")
    assert "`approve` needs write access to this repository." in refusal
    answer = await says(here, here.maintainer, number, f"/gr approve {old}")
    assert f"No run waits for a yes to `{old}`. Asked about: `{named}`." in answer
    answer = await says(here, here.maintainer, number, "/gr explain")
    assert f"waits for a person's yes to its plan `{named}`, for" in answer
    assert await here.pulls() == []
    await here.says(here.maintainer, number, f"/gr approve {named}")
    await here.quiet()
    (pull,) = await here.pulls()
    assert here.runs() == [("plan", "parked", None, None)]
    (_, (second, _)) = await plans(here, number)
    assert second.endswith(f"`{named}`: maintainer said yes to it.")
    path = f"{here.at}/pulls/{pull['number']}"
    await here.maintainer.send("POST", f"{path}/reviews", {"event": "APPROVE", "body": ""})
    await here.maintainer.send("PUT", f"{path}/merge", {})
    await here.quiet()
    ((_, state, conclusion, _),) = here.runs()
    assert (state, conclusion) == ("finished", "success")
