"""The main job, watched from outside: a label, and what GitHub shows of it until the end."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.clocks import system_clock
from bot.demo.hub import Hub
from bot.model.errors import Unavailable

LABEL = "agent:tidy"
APP = "greenroom"
LOOK = 0.05
"""Seconds between two looks."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What GitHub showed in the end.

    Attributes:
        to_ack: seconds from the label to the eyes.
        labelled_at: Unix time of the label.
    """

    issue: dict[str, Any]
    pull: dict[str, Any]
    check: dict[str, Any]
    comments: list[dict[str, Any]]
    files: list[dict[str, Any]]
    labelled_at: float
    to_ack: float
    seconds: float


class Job:
    """One issue in one repository.

    Args:
        hub: GitHub as a maintainer uses it.
        tell: told of each step.
        check: raises when the app is no longer up.
        label: what starts the agent.
    """

    def __init__(
        self,
        hub: Hub,
        repo: str,
        tell: Tell,
        check: Callable[[], None],
        label: str = LABEL,
    ) -> None:
        self._hub = hub
        self._check = check
        self._at = f"/repos/{repo}"
        self._tell = tell
        self._label = label

    async def run(self, title: str, within: float, body: str = "") -> Seen:
        """Open an issue, label it, and watch until its check run is completed.

        Raises:
            Unavailable: that did not happen in time, or something was not there.
        """
        issue = await self._hub.send("POST", f"{self._at}/issues", {"title": title, "body": body})
        self._tell(f"issue #{issue['number']} opened: {title}")
        labels = f"{self._at}/issues/{issue['number']}/labels"
        labelled_at, began = system_clock().now(), time.monotonic()
        await self._hub.send("POST", labels, {"labels": [self._label]})
        self._tell(f"labelled {self._label}")
        try:
            async with asyncio.timeout(within):
                to_ack = await self._eyes(issue["number"], began)
                pull, check = await self._end(issue["number"])
        except TimeoutError:
            words = f"the job was not done within {within:.0f} s"
            raise Unavailable("greenroom", words, retry_after=0) from None
        seconds = time.monotonic() - began
        return Seen(
            issue=await self._hub.get(f"{self._at}/issues/{issue['number']}"),
            pull=await self._hub.get(f"{self._at}/pulls/{pull}"),
            check=await self._hub.get(f"{self._at}/check-runs/{check}"),
            comments=await self._hub.get(f"{self._at}/issues/{issue['number']}/comments"),
            files=await self._hub.get(f"{self._at}/pulls/{pull}/files"),
            labelled_at=labelled_at,
            to_ack=to_ack,
            seconds=seconds,
        )

    async def _eyes(self, number: int, began: float) -> float:
        while True:
            reactions = await self._hub.get(f"{self._at}/issues/{number}/reactions")
            if any(each["content"] == "eyes" for each in reactions):
                after = time.monotonic() - began
                self._tell(f"👀 after {after:.2f} s")
                return after
            self._check()
            await asyncio.sleep(LOOK)

    async def _end(self, number: int) -> tuple[int, int]:
        """Follow the comment until a completed check run stands on the pull request's head."""
        told: Counter[str] = Counter()
        while True:
            comments = await self._hub.get(f"{self._at}/issues/{number}/comments")
            for comment in comments:
                self._follow(comment["body"], told)
            pulls = await self._hub.get(f"{self._at}/pulls", state="all")
            for pull in pulls:
                runs = await self._checks(pull["head"]["sha"])
                done = runs and all(run["status"] == "completed" for run in runs)
                if done and not await self._issue_labels(number):
                    return pull["number"], runs[0]["id"]
            self._stopped(comments)
            self._check()
            await asyncio.sleep(LOOK)

    async def _checks(self, head: str) -> list[dict[str, Any]]:
        found = await self._hub.get(f"{self._at}/commits/{head}/check-runs")
        return [run for run in found["check_runs"] if run["app"]["slug"] == APP]

    async def _issue_labels(self, number: int) -> list[str]:
        issue = await self._hub.get(f"{self._at}/issues/{number}")
        return [label["name"] for label in issue["labels"]]

    def _follow(self, body: str, told: Counter[str]) -> None:
        """Tell the steps that are new: the same one may be there again."""
        there: Counter[str] = Counter()
        for line in body.splitlines():
            there[line] += line.startswith("- `")
            if there[line] > told[line]:
                self._tell(f"comment: {line.split('` ', 1)[1]}")
        told |= there

    def _stopped(self, comments: list[dict[str, Any]]) -> None:
        """Give up when the comment says that the run failed."""
        for comment in comments:
            headline = comment["body"].splitlines()[1] if "\n" in comment["body"] else ""
            if any(mark in headline for mark in ("❌", "🚫", "⏱️", "⚪")):
                raise Unavailable("greenroom", headline, retry_after=0)
