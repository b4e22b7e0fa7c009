"""What GitHub has to show after one label, however often something died or lied on the way."""

from typing import Any

from tests.stories.asked import Asked


async def wrong_after_success(asked: Asked) -> list[str]:
    """Return what GitHub shows too often, not at all, or not as it should; asked afresh."""
    comments, pulls = await asked.comments(), await asked.pulls()
    branches = [name for name in await asked.branches() if name != "main"]
    number = pulls[0]["number"] if pulls else 0
    head = pulls[0]["head"]["sha"] if pulls else "main"
    should = {
        "one comment": len(comments) == 1,
        "the comment names the pull request": f"opened #{number}" in _texts(comments),
        "one pair of eyes": await asked.reactions() == ["eyes"],
        "one branch": len(branches) == 1 and branches[0].startswith("greenroom/tidy/"),
        "one pull request": len(pulls) == 1 and pulls[0]["state"] == "open",
        "the pull request closes the issue": f"Closes #{asked.number}" in _texts(pulls),
        "one check run, of success": _ends(await asked.checks(head)) == ["success"],
        "no check run elsewhere": head == "main" or not await asked.checks("main"),
        "the label is gone": not await asked.labels(),
        "one accepted output": _outputs(asked) == ["pull_request"],
        "nothing on the pull request": not pulls
        or not await asked.get(f"/issues/{number}/comments"),
    }
    return _wrong(asked, should)


async def wrong_after_failure(asked: Asked, words: str) -> list[str]:
    """Return what is not as it should be when a run could not be done, and says why."""
    comments, pulls = await asked.comments(), await asked.pulls()
    branches = [name for name in await asked.branches() if name != "main"]
    should = {
        "one comment": len(comments) == 1,
        f"the comment says {words}": words in _texts(comments),
        "one pair of eyes": await asked.reactions() == ["eyes"],
        "no pull request": not pulls and not branches,
        "the label is gone": not await asked.labels(),
    }
    return _wrong(asked, should)


def _wrong(asked: Asked, should: dict[str, bool]) -> list[str]:
    wrong = [what for what, holds in should.items() if not holds]
    return [*wrong, f"the run: {asked.run()}"] if wrong else []


def _texts(shown: list[dict[str, Any]]) -> str:
    return "\n".join(each["body"] or "" for each in shown)


def _ends(runs: list[dict[str, Any]]) -> list[str | None]:
    return [run["conclusion"] for run in runs]


def _outputs(asked: Asked) -> list[str]:
    """The kinds of output that the run's last job was granted."""
    query = """
        SELECT outputs.kind FROM outputs JOIN runs ON runs.id = outputs.run
        WHERE repo = ? AND outputs.fence = runs.fence
    """
    return [kind for (kind,) in asked.world.rows(query, asked.repo)]
