"""What each kind of wish does on the embedded GitHub, alone."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.github.client import AtRepository
from bot.model.errors import Refused, Unavailable
from bot.model.ids import Repo, RunId, Sha
from bot.model.priorities import Priority
from bot.rules.delivering import moved
from bot.store.outbox import OutboxRow
from bot.work.signing import push_signed
from bot.work.writers import writers
from bot.workspace.deliver import Target
from bot.workspace.lend import Loan, lend
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines
from tests.github.embedded import REPO, Embedded, embedded
from tests.github.scripted import Time

RUN = RunId("01RUN")
BRANCH = "greenroom/tidy/1"
NOWHERE = Sha("0" * 40)


@dataclass(kw_only=True)
class Desk:
    """The writers, a hub, and a quarantine that holds what a run has made."""

    hub: Embedded
    mirrors: Mirrors
    quarantines: Quarantines
    repo_id: int = 0
    base: Sha = NOWHERE

    @property
    def at(self) -> AtRepository:
        return self.hub.octo

    async def opens(self) -> None:
        """Fetch the mirror and open the quarantine at the head of main."""
        there = await self.at.repository.get()
        self.repo_id, self.base = there.id, await self.at.repository.head("main")
        await self.mirrors.fetch(self.shelf, there.clone_url, await self.at.token_to_fetch())
        await self.quarantines.open(RUN, self.mirrors.path(self.shelf), self.base)

    @property
    def shelf(self) -> Repo:
        return Repo(f"{REPO}.{self.repo_id}")

    async def commits(self, parent: Sha, text: str = "tidy\n") -> Sha:
        """Make a commit with one file in quarantine."""
        blob = await self.git("hash-object", "-w", "--stdin", given=text)
        tree = await self.git("mktree", given=f"100644 blob {blob}\ttidy.txt\n")
        words = ("commit-tree", tree, "-p", parent, "-m", "Tidy up\n\nCo-authored-by: ann")
        return Sha(await self.git(*words))

    async def git(self, *words: str, given: str = "") -> str:
        done = await asyncio.to_thread(
            subprocess.run,
            ["git", "-C", str(self.quarantines.path(RUN)), *words],
            env={"PATH": "/usr/bin:/bin"} | NAMED,
            input=given.encode(),
            stdout=subprocess.PIPE,
            check=True,
        )
        return done.stdout.decode().strip()

    async def refs(self) -> set[str]:
        """Return all that git is shown of the repository, without pull requests."""
        token = (await self.at.token_to_fetch()).get_secret_value()
        url = f"{self.hub.base}/{REPO}.git".replace("://", f"://x-access-token:{token}@")
        lines = (await self.git("ls-remote", url, "refs/*")).splitlines()
        return {line.split("\t")[1] for line in lines}

    async def lends(self, commit: Sha) -> None:
        """Leave a commit lent, as somebody who died would."""
        url, token = f"{self.hub.base}/{REPO}.git", await self.at.token_to_push()
        loan = Loan(url=url, run=RUN, token=token)
        await lend(self.quarantines.path(RUN), commit, loan)

    async def does(self, kind: str, /, **wish: Any) -> str | None:
        acts, things = writers(self.quarantines, self.mirrors)
        row = OutboxRow(
            id=1,
            target="target",
            kind=kind,
            run=RUN,
            installation=self.hub.installation,
            repo=REPO,
            wish={"repo_id": self.repo_id, **wish},
            priority=Priority.RESULT,
            version=1,
            done=0,
            tried=False,
            external_id=None,
            refused=None,
            attempts=1,
        )
        if kind in acts:
            return await acts[kind].do(self.at, row)
        return await things[kind].create(self.at, row)


NAMED = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "bot"), ("EMAIL", "bot@localhost"), ("DATE", "@1 +0000"))
}


@pytest.fixture
async def desk(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Desk]:
    nobody = f"http://127.0.0.1:{unused_tcp_port}/webhook"
    async with embedded(tmp_path / "hub", Time(), nobody) as hub:
        mirrors, quarantines = Mirrors(tmp_path / "mirrors"), Quarantines(tmp_path / "quarantine")
        desk = Desk(hub=hub, mirrors=mirrors, quarantines=quarantines)
        await desk.opens()
        yield desk
        assert hub.problems() == []


async def signs(desk: Desk, sha: Sha, **wish: Any) -> Sha:
    made = await desk.does("branch", branch=BRANCH, sha=sha, signed=True, **wish)
    assert made is not None
    return Sha(made)


async def test_a_branch_is_pushed_as_it_is(desk):
    sha = await desk.commits(desk.base)
    assert await desk.does("branch", branch=BRANCH, sha=sha) == sha
    assert await desk.at.repository.head(BRANCH) == sha


async def test_a_signed_branch_is_at_githubs_commit_of_the_same_tree(desk):
    sha = await desk.commits(desk.base)
    made = await signs(desk, sha)
    assert made not in {sha, desk.base}
    assert await desk.at.repository.head(BRANCH) == made
    ours = await desk.hub.acts(f"GET /git/commits/{made}")
    assert ours["verification"]["verified"] is True
    assert (ours["message"], ours["parents"][0]["sha"]) == (
        "Tidy up\n\nCo-authored-by: ann",
        desk.base,
    )
    assert ours["tree"]["sha"] == await desk.git("rev-parse", f"{sha}^{{tree}}")
    assert await desk.refs() == {"refs/heads/main", f"refs/heads/{BRANCH}"}


async def test_signing_again_changes_nothing(desk):
    sha = await desk.commits(desk.base)
    made = await signs(desk, sha)
    await desk.lends(sha)
    assert await signs(desk, sha) == made
    assert await desk.refs() == {"refs/heads/main", f"refs/heads/{BRANCH}"}


async def test_signing_is_taken_up_where_it_was_left(desk):
    sha = await desk.commits(desk.base)
    await desk.lends(await desk.commits(desk.base, "older\n"))
    made = await signs(desk, sha)
    assert await desk.at.repository.head(BRANCH) == made


async def test_a_persons_branch_is_moved_on_to_a_signed_commit(desk):
    await desk.at.commits.point(f"refs/heads/{BRANCH}", desk.base, priority=Priority.RESULT)
    sha = await desk.commits(desk.base)
    made = await signs(desk, sha, onto=desk.base)
    assert await desk.at.repository.head(BRANCH) == made
    assert await signs(desk, sha, onto=desk.base) == made


async def test_a_persons_branch_that_moved_is_left_alone(desk):
    first = await desk.does("branch", branch=BRANCH, sha=await desk.commits(desk.base))
    other = await desk.commits(desk.base, "other\n")
    for onto in (desk.base, None):
        with pytest.raises(Refused) as refused:
            await signs(desk, other, onto=onto)
        assert refused.value.reason == "branch_moved"
    assert await desk.at.repository.head(BRANCH) == first


async def test_a_branch_that_moves_while_github_signs_is_left_alone(desk):
    ref, other = f"refs/heads/{BRANCH}", await desk.commits(desk.base, "other\n")
    await desk.at.commits.point(ref, desk.base, priority=Priority.RESULT)
    await desk.lends(other)

    class Slow(type(desk.at.commits)):
        async def create(self, commit, *, priority):
            await self.advance(ref, other, priority=priority)
            return await super().create(commit, priority=priority)

    at = desk.at
    at.commits.__class__ = Slow
    quarantine = desk.quarantines.path(RUN)
    loan = Loan(url=f"{desk.hub.base}/{REPO}.git", run=RUN, token=await at.token_to_push())
    target = Target(url=loan.url, branch=BRANCH, onto=desk.base)
    with pytest.raises(Refused) as refused:
        await push_signed(at, quarantine, await desk.commits(desk.base), target, loan)
    assert refused.value.words == moved(BRANCH)
    assert await at.repository.head(BRANCH) == other


async def test_a_person_who_deleted_a_branch_does_not_find_it_again(desk):
    with pytest.raises(Refused):
        await signs(desk, await desk.commits(desk.base), onto=desk.base)
    assert await desk.refs() == {"refs/heads/main"}


async def test_what_github_does_not_take_leaves_nothing_behind(desk):
    sha = await desk.commits(desk.base)
    create = f"POST /repos/{REPO}/git/refs"
    await desk.hub.control(
        "PATCH /switches", secondary_limit_times=1, secondary_limit_match=create, retry_after=9
    )
    with pytest.raises(Unavailable):
        await signs(desk, sha)
    assert await desk.refs() == {"refs/heads/main"}
    await signs(desk, sha)
    assert await desk.refs() == {"refs/heads/main", f"refs/heads/{BRANCH}"}


async def test_another_repository_of_the_name_gets_no_branch(desk):
    sha = await desk.commits(desk.base)
    with pytest.raises(Refused, match="Another repository"):
        await desk.does("branch", branch=BRANCH, sha=sha, repo_id=1)


async def test_a_reaction_goes_to_the_comment_or_else_to_the_subject(desk):
    number = await desk.hub.opens_an_issue()
    said = await desk.hub.acts(f"POST /issues/{number}/comments", body="Hello")
    await desk.does(
        "reaction", number=number, content="eyes", kind="issue_comment", comment=said["id"]
    )
    await desk.does("reaction", number=number, content="confused", kind="review", comment=9)
    await desk.does("reaction", number=number, content="rocket")
    on_comment = await desk.hub.acts(f"GET /issues/comments/{said['id']}/reactions")
    on_issue = await desk.hub.acts(f"GET /issues/{number}/reactions")
    assert [each["content"] for each in on_comment] == ["eyes"]
    assert [each["content"] for each in on_issue] == ["confused", "rocket"]


async def test_a_mirror_that_is_there_is_brought_up_to_date(desk):
    sha = Sha((await desk.does("branch", branch=BRANCH, sha=await desk.commits(desk.base))) or "")
    assert await desk.mirrors.resolve(desk.shelf, BRANCH) is None
    for _ in range(2):
        await desk.does("mirror", sha=sha)
    assert await desk.mirrors.resolve(desk.shelf, BRANCH) == sha


async def test_a_mirror_that_nobody_needed_is_not_made(desk):
    await desk.does("mirror", sha=desk.base, repo_id=1)
    assert not desk.mirrors.path(Repo(f"{REPO}.1")).exists()


async def test_a_pull_request_may_be_a_draft(desk):
    await desk.does("branch", branch=BRANCH, sha=await desk.commits(desk.base))
    wish = {"title": "Tidy", "body": "", "head": BRANCH, "base": "main"}
    number = await desk.does("pull", draft=True, **wish)
    assert (await desk.at.pulls.get(int(number or 0))).draft is True


async def test_a_check_run_has_buttons_and_notes(desk):
    note = {"path": "README.md", "start_line": 1, "end_line": 1, "message": "Hm"}
    number = await desk.does(
        "check",
        head=desk.base,
        name="greenroom / config",
        external_id="config",
        title="1 mistake",
        summary="Look.",
        started=None,
        conclusion="failure",
        completed=None,
        annotations=[{**note, "annotation_level": "failure"}],
        actions=[{"label": "Retry", "description": "Do it again", "identifier": "retry"}],
    )
    shown = await desk.hub.acts(f"GET /check-runs/{number}")
    assert shown["output"]["annotations_count"] == 1
    (found,) = await desk.hub.acts(f"GET /check-runs/{number}/annotations")
    assert (found["path"], found["message"]) == ("README.md", "Hm")
