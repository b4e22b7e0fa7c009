"""Issues and pull requests with people around them, and runs that begin on them.

Runs begin as dispatch would begin them, so that a test says itself what was asked, when
and by whom.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from bot.model.ids import Login, RunId, Sha, UserId
from bot.model.intents import Approve, StartRun
from bot.model.runs import AgentSpec, Person, Start, Subject, Terms, Trigger
from bot.work import approvals, telling
from tests.devhub.checkout import Checkout, run_git
from tests.github.embedded import REPO
from tests.work.house import House

FIXER = AgentSpec(
    name="fix",
    description="Fixes it",
    runtime="command",
    command=("fix",),
    prompt="You fix.",
    context="thread",
    outputs={"pull_request": 1, "push": 1, "comment": 1, "question": 1, "noop": 1},
)
LABEL = Trigger(kind="label")


@dataclass(kw_only=True)
class People:
    """A house, and who writes there: ann may write, bob is a stranger."""

    house: House
    tokens: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def around(cls, house: House) -> "People":
        await house.hub.control("PUT /repositories/octo/cat/private", private=False)
        bob = await house.hub.control("POST /users", login="bob")
        ann = house.hub.ann
        return cls(
            house=house,
            tokens={"ann": ann["token"], "bob": bob["token"]},
            ids={"ann": ann["id"], "bob": bob["id"]},
        )

    def person(self, login: str) -> Person:
        return Person(id=UserId(self.ids[login]), login=Login(login))

    async def did(self, login: str, line: str, /, **body: Any) -> Any:
        """Do something as somebody."""
        method, path = line.split(" ")
        headers = {"Authorization": f"token {self.tokens[login]}", "User-Agent": login}
        url = f"{self.house.hub.base}/repos/{REPO}{path}"
        async with self.house.hub.http.request(
            method, url, json=body, headers=headers
        ) as response:
            assert response.ok, await response.text()
            return await response.json()

    async def issue(self, login: str, title: str = "It hangs", body: str = "Since May.") -> int:
        return int((await self.did(login, "POST /issues", title=title, body=body))["number"])

    async def pull(self, branch: str = "topic") -> tuple[int, Start]:
        """Open a pull request of ann's, from a branch of the repository."""
        checkout = await self._cloned("ann", f"{self.house.hub.base}/{REPO}.git")
        sha = await checkout.commit({"new.txt": "n\n"}, "Mine", branch=branch)
        await checkout.push(branch)
        made = await self.did("ann", "POST /pulls", title="Mine", head=branch, base="main")
        return made["number"], Start(sha=Sha(sha), branch=branch, fork=False)

    async def fork(self) -> tuple[int, Start]:
        """Open a pull request of bob's, from a fork."""
        made = await self.did("bob", "POST /forks")
        checkout = await self._cloned("bob", made["clone_url"])
        sha = await checkout.commit({"new.txt": "n\n"}, "Mine", branch="theirs")
        await checkout.push("theirs")
        pull = await self.did("bob", "POST /pulls", title="Hi", head="bob:theirs", base="main")
        return pull["number"], Start(sha=Sha(sha), branch="theirs", fork=True)

    async def _cloned(self, login: str, url: str) -> Checkout:
        folder, token = self.house.home / f"clone-of-{login}", self.tokens[login]
        await run_git("clone", "-q", url, str(folder), cwd=self.house.home, token=token)
        return Checkout(folder, token)

    async def moves(self, branch: str, text: str = "m\n") -> Sha:
        """Have ann push one more commit to her branch."""
        checkout = Checkout(self.house.home / "clone-of-ann", self.tokens["ann"])
        sha = await checkout.commit({"more.txt": text}, "More")
        await checkout.push(branch)
        return Sha(sha)

    async def tip(self, branch: str) -> Sha:
        found = await self.did("ann", f"GET /git/ref/heads/{branch}")
        return Sha(found["object"]["sha"])

    async def begins(
        self, number: int, start: Start | None = None, *, terms: Terms | None = None, **more: Any
    ) -> RunId:
        """Have the agent asked for, by ann unless said otherwise, and its job launched."""
        run = RunId(f"01BEGUN{number:04}{len(self.house.runner.launched)}")
        kind = "pull" if start else "issue"
        asked: dict[str, Any] = {
            "installation": self.house.hub.installation,
            "repo_id": (await self.did("ann", "GET "))["id"],
            "subject": Subject(repo=REPO, number=number, kind=kind),
            "title": "It hangs",
            "body": "Since May.",
            "author": self.person("ann"),
            "instruction": "",
            "asked_by": self.person("ann"),
            "trigger": LABEL,
            "terms": terms or Terms(agent=FIXER, command="fix"),
            "at": self.house.time.now + 100,
            "start": start,
        }
        async with self.house.store.begin() as tx:
            intent = StartRun(**{**asked, **more})
            assert await telling.start(tx, intent, run, (), now=self.house.time.now)
        await self.house.settles("scheduler", "supervisor")
        return run

    async def hands_in(self, kind: str, **payload: Any) -> None:
        """Be the agent: change a file, ask for something, and end."""
        token = await self.house.comes_up()
        answer = await self.house.broker.ask(token, kind, payload)
        assert getattr(answer, "words", None) is None
        await self.house.ends(token, result=await self.house.pushes())

    async def says_yes(self, run: RunId, sha: str) -> str:
        async with self.house.store.begin() as tx:
            yes = Approve(run=run, sha=Sha(sha), by=self.person("ann"))
            return await approvals.approve(tx, yes, now=self.house.time.now)


def terms(**changes: Any) -> Terms:
    return replace(Terms(agent=FIXER), **changes)
