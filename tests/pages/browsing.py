"""The pages as people use them: whom they act as, what they read, which forms they send."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import aiohttp
from yarl import URL

from bot.devhub import moves
from bot.devhub.events import Scene
from bot.devhub.git import git, heads
from tests.devhub.stage import EVENTS, PERMISSIONS, REPO, SECRET, Stage, raised

FILES = {
    "README.md": "# Demo\n\nSee [more](docs/more.md).\n",
    "docs/more.md": "More\n",
    "src/a.py": "".join(f"x{number}={number}\n" for number in range(30)),
}
PEOPLE = ("maintainer", "contributor", "stranger")
ACTION = {"label": "Retry", "description": "Run it again", "identifier": "retry"}


@dataclass
class Read:
    """A page as it came: its text is the words alone."""

    status: int
    url: str
    html: str
    headers: aiohttp.typedefs.LooseHeaders

    @property
    def text(self) -> str:
        body = re.sub(r"(?s)<head>.*?</head>", "", self.html)
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())

    def has(self, *words: str) -> bool:
        return all(each in self.text for each in words)

    def offers(self, act: str) -> bool:
        return f'name="act" value="{act}"' in self.html


@dataclass
class Visitor:
    """A browser without scripts that acts as one person."""

    stage: Stage
    login: str

    async def read(self, path: str, **headers: str) -> Read:
        return await self._ask("GET", path, None, headers)

    async def send(self, path: str, act: str, /, **form: str) -> Read:
        """Send a form of the page at `path`, and follow where it leads."""
        return await self._ask("POST", path, {"act": act, **form}, {})

    async def _ask(self, method: str, path: str, form: object, headers: dict[str, str]) -> Read:
        cookies = {"Cookie": f"act-as={self.login}", **headers}
        async with self.stage.http.request(
            method, URL(self.stage.hub.base + path, encoded=True), data=form, headers=cookies
        ) as answer:
            return Read(answer.status, str(answer.url), await answer.text(), answer.headers)


@dataclass
class Town:
    """A hub where something has happened.

    Attributes:
        issue: the number of an issue of the contributor's.
        pull: of the app's pull request, which changes `src/a.py`, and `head` is its commit.
        run: the id of a completed check run on that head, which has a button.
    """

    stage: Stage
    issue: int = 0
    pull: int = 0
    head: str = ""
    run: int = 0

    def as_(self, login: str) -> Visitor:
        return Visitor(self.stage, login)

    @property
    def app(self) -> str:
        return self.stage.tokens["app"]

    async def pushes(self, branch: str, files: dict[str, str]) -> str:
        """Commit files on a branch as the maintainer, and return the commit."""
        hub = self.stage.hub
        repository = hub.repository("acme", "demo")
        scene = Scene(hub=hub, repository=repository, actor=hub.account("maintainer"))
        known = await heads(repository.path)
        tip = known.get(f"refs/heads/{branch}") or known["refs/heads/main"]
        async with moves.watched(scene):
            lines = [f"commit refs/heads/{branch}\ncommitter m <m@x> {int(hub.now())} +0000\n"]
            lines += [f"data 4\nTidy\nfrom {tip}\n"]
            for path, text in files.items():
                lines += [f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}\n"]
            await git(repository.path, "fast-import", "--quiet", given="".join(lines).encode())
        return (await heads(repository.path))[f"refs/heads/{branch}"]


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """Raise a hub with a public repository, three people and an app."""
    async with raised(folder) as stage:
        await stage.control("POST /organizations", login="acme")
        await stage.control("POST /repositories", owner="acme", name="demo", files=FILES)
        await stage.person("maintainer", "maintain")
        await stage.person("contributor")
        await stage.person("stranger")
        stage.app = await stage.control(
            "POST /apps",
            slug="greenroom",
            owner="acme",
            webhook_url=stage.ear.url,
            webhook_secret=SECRET,
            permissions=PERMISSIONS,
            events=EVENTS,
        )
        where = {"app": "greenroom", "account": "acme"}
        stage.installation = (await stage.control("POST /installations", **where))["id"]
        stage.tokens["app"] = await stage.token()
        place = Town(stage)
        await _live(place)
        yield place


async def _live(place: Town) -> None:
    """Let an issue be opened, a branch be pushed, and the app report on it."""
    stage = place.stage
    body = {"title": "Untidy", "body": "It is **untidy**.\n<!-- hidden -->"}
    made = await stage.did(f"POST {REPO}/issues", stage.tokens["contributor"], body)
    place.issue = made["number"]
    await place.pushes("tidy", {"src/a.py": FILES["src/a.py"].replace("x5=5", "x5 = 5")})
    body = {"title": "Tidy up", "head": "tidy", "base": "main", "body": f"Closes #{place.issue}"}
    pull = await stage.did(f"POST {REPO}/pulls", place.app, body)
    place.pull, place.head = pull["number"], pull["head"]["sha"]
    run = {
        "name": "greenroom / tidy",
        "head_sha": place.head,
        "conclusion": "success",
        "output": {"title": "opened a pull request", "summary": "- all **good**"},
        "actions": [ACTION],
    }
    place.run = (await stage.did(f"POST {REPO}/check-runs", place.app, run))["id"]
