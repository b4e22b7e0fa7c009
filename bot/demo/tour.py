"""A place to walk around in: a repository, people of three kinds, a small CI, and the app."""

import asyncio
import base64
import re
import shlex
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bot.demo import tally
from bot.demo.agent import fix
from bot.demo.hub import Hub
from bot.demo.inner import cannot_build
from bot.demo.project import Project, run
from bot.demo.scene import Scene
from bot.model.errors import Misconfigured
from bot.rules.agents import BUILT_IN

Tell = Callable[[str], None]

CONFIG = """\
# The whole organization: agents' own commands also work without the prefix.
version: 1
commands:
  bare: true
"""

TRY_TIDY = """\
Put the label `agent:tidy` on this issue, or write `/tidy` in a comment. \
The agent runs the repository's own formatter and linter in a sandbox, and opens a pull request.

`/gr help` lists what you may say here. \
Act as somebody else at the top of the page, and say it again.
"""

TRY_FIX = """\
Write `/fix apply the suggestion of stranger` in a comment. \
The agent applies this, runs the tests, and makes a commit:

```diff
{patch}
```

A stranger wrote this, and the agent was shown it. \
So before the commit is pushed, which starts CI, somebody who may write here has to say yes.
"""


TRY_REAL = """\
Put the label `agent:fix` on this issue, or write `/fix` in a comment. \
The agent is `{runtime}`. It asks a model by a gateway, which has the key and counts the money. \
With `/fix WORDS` you tell it something while it is at work.

The README does not say how to run the tests. It should, in a sentence or two.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody wants to walk around in.

    Attributes:
        repo: their own repository, of which a clone is shown; None for a small real project.
        ci: the command of the small CI; None for the project's own checks.
        port: of the pages; 0 takes a free one.
    """

    repo: Path | None
    ci: tuple[str, ...] | None
    port: int


def check(wanted: Wanted) -> None:
    """See that the place can be set up, before anything is.

    Raises:
        Misconfigured: the repository is none, or the port is taken.
    """
    if wanted.repo is not None and not (wanted.repo / ".git").exists():
        raise Misconfigured(f"--repo {wanted.repo}: this is no git repository with files.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted.port))
        except OSError:
            raise Misconfigured(f"--port {wanted.port} is taken; choose another.") from None


async def clone(repo: Path, into: Path) -> Path:
    """Clone somebody's repository, which is only read.

    Raises:
        Misconfigured: git cannot, or there is no commit yet.
    """
    into.parent.mkdir(parents=True, exist_ok=True)
    if await run("git", "clone", "--quiet", "--no-local", str(repo), str(into)):
        raise Misconfigured(f"--repo {repo}: git could not clone it.")
    if await run("git", "-C", str(into), "rev-parse", "--verify", "--quiet", "HEAD"):
        raise Misconfigured(f"--repo {repo}: it has no commit yet.")
    return into


def name_of(repo: Path) -> str:
    """Make a repository's name of a folder's."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", repo.resolve().name).strip("-.") or "project"


class Tour:
    """Fills the scene with what there is to see and try."""

    def __init__(self, world: Scene, repo: str, tell: Tell) -> None:
        self._world = world
        self._repo = repo
        self._at = f"/repos/{repo}"
        self._tell = tell

    async def prepare(self, ci: tuple[str, ...] | None, tools: Path) -> None:
        """Add people, labels, settings, CI, issues, and a pull request from a fork."""
        world = self._world
        async with Hub(world.url) as control, Hub(world.url, world.token) as maintainer:
            tokens = {}
            for login in ("contributor", "stranger"):
                person = await control.send("POST", "/_devhub/users", {"login": login})
                tokens[login] = person["token"]
            await self._configure(control)
            await self._label(maintainer, self._at)
            await self._loop(maintainer)
            if ci:
                await self._test(control, ci, tools)
            async with Hub(world.url, tokens["stranger"]) as stranger:
                await self._write_issues(maintainer, stranger)
            async with Hub(world.url, tokens["contributor"]) as contributor:
                await self._contribute(contributor)

    async def _configure(self, control: Hub) -> None:
        owner = self._world.owner
        files = {".github/greenroom.yml": CONFIG, ".github/agents/fix.md": fix("ci")}
        new = {"owner": owner, "name": ".github", "files": files}
        await control.send("POST", "/_devhub/repositories", new)
        role = f"/_devhub/repositories/{owner}/.github/collaborators/maintainer"
        await control.send("PUT", role, {"role": "admin"})
        self._tell(f"{owner}/.github says that commands work without the prefix")

    async def _loop(self, maintainer: Hub) -> None:
        """Add a project whose agent can ask for validations, with an issue for it."""
        lack = await asyncio.to_thread(cannot_build)
        repo = await self._world.found(tally.NAME, tally.files(builds=not lack))
        await self._label(maintainer, f"/repos/{repo}")
        new = {"title": tally.TITLE, "body": tally.body(builds=not lack)}
        issue = await maintainer.send("POST", f"/repos/{repo}/issues", new)
        self._tell(f"the inner loop: put {tally.LABEL} on {issue['html_url']}")
        if lack:
            self._tell(f"no validation builds an image there: {lack}")

    async def _label(self, maintainer: Hub, at: str) -> None:
        for agent in BUILT_IN.values():
            label = {
                "name": agent.on.label,
                "color": "1d76db",
                "description": agent.spec.description[:100],
            }
            await maintainer.send("POST", f"{at}/labels", label)

    async def _test(self, control: Hub, ci: tuple[str, ...], tools: Path) -> None:
        owner, _, name = self._repo.partition("/")
        job = {
            "owner": owner,
            "name": name,
            "command": list(ci),
            "toolboxes": {"tools": str(tools)},
        }
        await control.send("POST", "/_devhub/ci", job)
        self._tell(f"a small CI runs `{shlex.join(ci)}` on every push")

    async def _write_issues(self, maintainer: Hub, stranger: Hub) -> None:
        issues = f"{self._at}/issues"
        tidy = {"title": "Format and lint the code", "body": TRY_TIDY}
        await maintainer.send("POST", issues, tidy)
        if self._world.models:
            body = TRY_REAL.format(runtime=self._world.runtime)
            real = {"title": "Say in the README how to run the tests", "body": body}
            await maintainer.send("POST", issues, real)
        if patch := await self._patch(maintainer):
            fix = {"title": "The first line says too little", "body": TRY_FIX.format(patch=patch)}
            await stranger.send("POST", issues, fix)

    async def _patch(self, maintainer: Hub) -> str | None:
        """Make a patch of the first lines of the README; None where there is none."""
        for each in await maintainer.get(f"{self._at}/contents/"):
            if each["type"] == "file" and each["name"].upper().startswith("README"):
                found = await maintainer.get(f"{self._at}/contents/{each['path']}")
                lines = base64.b64decode(found["content"]).decode(errors="replace").splitlines()
                return _with_another_first_line(each["path"], lines[:4]) if lines else None
        return None

    async def _contribute(self, contributor: Hub) -> None:
        """Open a pull request from the contributor's fork."""
        fork = await contributor.send("POST", f"{self._at}/forks", {})
        there, branch = f"/repos/{fork['full_name']}", "say-thanks"
        ref = await contributor.get(f"{there}/git/ref/heads/{fork['default_branch']}")
        new = {"ref": f"refs/heads/{branch}", "sha": ref["object"]["sha"]}
        await contributor.send("POST", f"{there}/git/refs", new)
        file = {
            "message": "Say thanks",
            "content": base64.b64encode(
                b"# Thanks\n\nTo everybody who reported a bug.\n"
            ).decode(),
            "branch": branch,
        }
        await contributor.send("PUT", f"{there}/contents/THANKS.md", file)
        pull = {
            "title": "Say thanks",
            "body": "From a fork: what an agent makes of it comes as words only.",
            "head": f"contributor:{branch}",
            "base": fork["default_branch"],
        }
        await contributor.send("POST", f"{self._at}/pulls", pull)


def _with_another_first_line(path: str, lines: list[str]) -> str:
    head = [f"--- a/{path}", f"+++ b/{path}", f"@@ -1,{len(lines)} +1,{len(lines)} @@"]
    first, *others = lines
    kept = [f" {line}" for line in others]
    return "\n".join([*head, f"-{first}", f"+{first} (seen by an agent)", *kept])


def checks_of(project: Project) -> tuple[str, ...]:
    """Return a project's own checks as one command."""
    words = [" ".join(check) for check in project.checks]
    return ("sh", "-c", " && ".join(words))
