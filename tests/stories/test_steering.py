"""Words to an agent that is at work: they reach it in the job that it is in."""

import pytest

from tests.stories.killing import kill_harness
from tests.stories.steered import patch, steered

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.full]

AND_THIS = f"/gr fix apply this too\n\n{patch('NOTES.md', '# More')}"
TOLD = "Told the agent of a new message"


async def test_a_word_to_an_agent_at_work_is_done_in_the_same_job(town):
    asked = await steered(town)
    await asked.says(AND_THIS)
    assert asked.unread() == 1
    asked.let("first")
    await asked.tests(2)
    assert asked.unread() == 1
    asked.let("second")
    await asked.parked("review")
    assert (asked.jobs(), asked.unread()) == (1, 0)
    (pull,) = await asked.pulls()
    assert await asked.text("README.md", pull) == "# New\n"
    assert await asked.text("NOTES.md", pull) == "# More\n"
    assert TOLD in "\n".join(each["body"] for each in await asked.comments())


async def test_a_word_that_a_job_has_heard_outlives_the_job(town):
    asked = await steered(town)
    await asked.says(AND_THIS)
    asked.let("first")
    await asked.tests(2)
    kill_harness(town)
    await asked.tests(3)
    asked.let("second")
    await asked.parked("review")
    assert (asked.jobs(), asked.unread()) == (2, 0)
    (pull,) = await asked.pulls()
    assert await asked.text("README.md", pull) == "# New\n"
    assert await asked.text("NOTES.md", pull) == "# More\n"
