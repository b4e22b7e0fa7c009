"""The main job with the real processes: a label becomes a pull request, or a plain no."""

import pytest

from tests.stories.verdict import wrong_after_success

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_label_becomes_one_pull_request(town):
    asked = await town.done()
    assert await wrong_after_success(asked) == []
