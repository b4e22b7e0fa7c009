"""A repository with a maintainer, a contributor with a fork, and a stranger."""

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bot.demo.hub import Hub
from tests.stories.project import UNTIDY
from tests.stories.world import World

UNSETTLED = "SELECT 1 FROM outbox WHERE repo = ? AND done < version AND refused IS NULL"
BUSY = "SELECT 1 FROM runs WHERE repo = ? AND (compute <> 'none' OR state = 'running')"
WAITING = "SELECT 1 FROM deliveries WHERE state = 'waiting'"


@dataclass(frozen=True, kw_only=True)
class Place:
    """One repository, and the three kinds of people around it."""

    world: World
    repo: str
    maintainer: Hub
    contributor: Hub
    stranger: Hub

    @property
    def at(self) -> str:
        return f"/repos/{self.repo}"

    async def issue(self, by: Hub, title: str = "Tidy this up", body: str = "") -> int:
        made = await by.send("POST", f"{self.at}/issues", {"title": title, "body": body})
        return int(made["number"])

    async def says(self, who: Hub, number: int, body: str) -> int:
        path = f"{self.at}/issues/{number}/comments"
        return int((await who.send("POST", path, {"body": body}))["id"])

    async def edits(self, who: Hub, comment: int, body: str) -> None:
        await who.send("PATCH", f"{self.at}/issues/comments/{comment}", {"body": body})

    async def writes(self, who: Hub, path: str, text: str, branch: str = "main") -> str:
        """Commit a file, on a new branch where there is none of the name; return the commit."""
        contents = f"{self.at}/contents/{path}"
        there = [each["name"] for each in await who.get(f"{self.at}/branches")]
        if branch not in there:
            main = await who.get(f"{self.at}/git/ref/heads/main")
            new = {"ref": f"refs/heads/{branch}", "sha": main["object"]["sha"]}
            await who.send("POST", f"{self.at}/git/refs", new)
        folder, _, name = path.rpartition("/")
        listed = await who.get(f"{self.at}/git/trees/{branch}", recursive="1")
        before = {each["path"]: each["sha"] for each in listed["tree"]}
        file = {
            "message": f"Write {name} in {folder}",
            "content": base64.b64encode(text.encode()).decode(),
            "branch": branch,
            **({"sha": before[path]} if path in before else {}),
        }
        made = await who.send("PUT", contents, file)
        return str(made["commit"]["sha"])

    async def forked_pull(self, text: str = "A = 1\n") -> dict[str, Any]:
        """Have the contributor open a pull request from their fork."""
        fork = await self.contributor.send("POST", f"{self.at}/forks", {})
        there = f"/repos/{fork['full_name']}"
        file = {"message": "A", "content": base64.b64encode(text.encode()).decode()}
        await self.contributor.send("PUT", f"{there}/contents/a.py", {**file, "branch": "main"})
        pull = {"title": "Add a", "body": "", "head": "contributor:main", "base": "main"}
        made: dict[str, Any] = await self.contributor.send("POST", f"{self.at}/pulls", pull)
        return made

    async def comments(self, number: int) -> list[str]:
        """What the app has written, oldest first."""
        listed = await self.maintainer.get(f"{self.at}/issues/{number}/comments")
        return [each["body"] for each in listed if each["user"]["type"] == "Bot"]

    async def reactions(self, comment: int) -> list[str]:
        listed = await self.maintainer.get(f"{self.at}/issues/comments/{comment}/reactions")
        return [each["content"] for each in listed]

    async def pulls(self) -> list[dict[str, Any]]:
        listed = await self.maintainer.get(f"{self.at}/pulls", state="all")
        return [each for each in listed if each["user"]["type"] == "Bot"]

    async def checks(self, ref: str) -> list[dict[str, Any]]:
        found = await self.maintainer.get(f"{self.at}/commits/{ref}/check-runs")
        return [each for each in found["check_runs"] if each["app"]["slug"] == "greenroom"]

    async def presses(self, who: str, check: int, button: str) -> None:
        what = {"repository": self.repo, "check_run": check, "identifier": button}
        await self.world.control("POST /press", login=who, **what)

    def runs(self) -> list[tuple[Any, ...]]:
        """Agent, state, conclusion and words of all runs, oldest first."""
        query = "SELECT agent, state, conclusion, words FROM runs WHERE repo = ? ORDER BY id"
        return self.world.rows(query, self.repo)

    def waits(self) -> set[str]:
        """What the runs here wait for."""
        query = "SELECT reason FROM waits JOIN runs ON runs.id = run WHERE repo = ?"
        return {reason for (reason,) in self.world.rows(query, self.repo)}

    async def quiet(self) -> None:
        """Wait until nothing is under way: runs may be parked or held back, but none works."""
        await self.world.drained()
        await self.world.until(self._is_quiet, f"{self.repo} at rest")
        await self.world.drained()
        await self.world.until(self._is_quiet, f"{self.repo} at rest")

    async def _is_quiet(self) -> bool:
        world = self.world
        if world.rows(WAITING) or world.rows(UNSETTLED, self.repo) or world.rows(BUSY, self.repo):
            return False
        query = """SELECT 1 FROM waits JOIN runs ON runs.id = waits.run
            WHERE repo = ? AND state = 'parked' AND reason = 'delivery'
            AND run NOT IN (SELECT run FROM waits WHERE reason = 'approval')"""
        return not world.rows(query, self.repo)


@asynccontextmanager
async def people(world: World) -> AsyncIterator[dict[str, Hub]]:
    """Bring a contributor and a stranger into a world."""
    tokens = {}
    for login in ("contributor", "stranger"):
        tokens[login] = (await world.control("POST /users", login=login))["token"]
    async with (
        Hub(world.url, tokens["contributor"]) as contributor,
        Hub(world.url, tokens["stranger"]) as stranger,
    ):
        yield {"contributor": contributor, "stranger": stranger}


async def place(world: World, crowd: dict[str, Hub], files: Any = UNTIDY) -> Place:
    """Make a repository where the maintainer may write, and the others may only read."""
    world.made += 1
    new = {"owner": world.owner, "name": f"place-{world.made}", "files": files}
    repo = (await world.control("POST /repositories", **new))["full_name"]
    await world.control(f"PUT /repositories/{repo}/collaborators/maintainer", role="maintain")
    await world.drained()
    return Place(world=world, repo=repo, maintainer=world.hub, **crowd)
