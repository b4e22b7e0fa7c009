"""What people are answered beside the comments of runs: reactions, replies, refusals, reports.

There is no network here.  Each becomes a wish in the outbox, named so that the same event
asks for the same thing, and so that somebody whom nobody knows costs next to nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model.ids import DeliveryGuid, InstallationId, Repo
from bot.model.intents import DropBranch, DropLabel, React, Refuse, Reply, ReportConfig, WarmMirror
from bot.model.priorities import Priority
from bot.model.runs import Subject, Trigger
from bot.rules import responses
from bot.store import decisions, outbox
from bot.store.outbox import Wish
from bot.work.warming import warm

Answer = React | Reply | Refuse | ReportConfig | DropBranch | DropLabel | WarmMirror

MOST_REACTIONS = 5
"""Refusals of one person on one subject that are shown by a reaction each."""

REACTS = frozenset({"issue_comment", "review_comment"})
"""What can be reacted to by REST; all else is reacted to on the subject itself."""


@dataclass(frozen=True, slots=True)
class Replies:
    """Where and when answers are wished for; `guid` is the delivery that they come from."""

    tx: AsyncConnection
    now: float
    guid: DeliveryGuid

    async def carry_out(self, intent: Answer) -> str:  # noqa: PLR0911 - one row an intent
        """Wish for an answer; return what came of it, for the receipt."""
        match intent:
            case React():
                await self._react(intent, intent.content, Priority.ACKNOWLEDGE)
                return f"reacted with {intent.content}"
            case Reply(folded=True):
                return await self._fold(intent, answer=intent.text)
            case Reply():
                return await self._reply(intent)
            case Refuse():
                return await self._refuse(intent)
            case ReportConfig():
                return await self._report(intent)
            case DropBranch():
                return await self._unbranch(intent)
            case DropLabel():
                return await self._drop(intent)
            case WarmMirror():
                return await self._warm(intent)
            case _:
                assert_never(intent)

    async def _react(self, intent: React | Refuse, content: str, priority: Priority) -> None:
        where = intent.trigger.id if intent.trigger.kind in REACTS else 0
        target = f"reaction:{content}:{intent.subject}:{where}"
        wish = reaction(intent.subject, intent.trigger, content)
        await self._wish(target, "reaction", intent, wish, priority)

    async def _reply(self, intent: Reply) -> str:
        marker = responses.reply_marker(self.guid)
        body = responses.reply(intent.person.login, intent.text, self.guid)
        wish = {"number": intent.subject.number, "body": body, "marker": marker}
        target = f"reply:{intent.subject}:{self.guid}"
        await self._wish(target, "comment", intent, wish, Priority.RESULT)
        return "replied"

    async def _refuse(self, intent: Refuse) -> str:
        about = intent.repo_id, intent.subject.number, intent.person.id
        if await decisions.refused(self.tx, *about) <= MOST_REACTIONS:
            await self._react(intent, "confused", Priority.REFUSAL)
        await self._fold(intent, refusal=intent.words)
        return f"refused: {intent.reason}"

    async def _fold(self, intent: Refuse | Reply, *, refusal: str = "", answer: str = "") -> str:
        """Put words into the one comment that a person gets on a subject."""
        person, subject = intent.person, intent.subject
        target = f"refusal:{subject}:{person.id}"
        before = await outbox.find(self.tx, target)
        said: Sequence[str] = before.wish["said"] if before else []
        told: str = before.wish["answer"] if before else ""
        if refusal in said or (answer and answer == told):
            return "said before"
        said = [*said, refusal][-responses.MOST_REFUSALS :] if refusal else said
        told = answer or told
        wish = {
            "number": subject.number,
            "body": responses.refusal(person.login, person.id, said, told),
            "marker": responses.refusal_marker(person.id),
            "said": list(said),
            "answer": told,
        }
        await self._wish(target, "comment", intent, wish, Priority.REFUSAL)
        return "said it in the comment for this person"

    async def _report(self, intent: ReportConfig) -> str:
        wish = {"head": intent.head, **responses.config_check([*intent.notes])}
        target = f"config:{intent.repo}:{intent.head}"
        await self._put(target, "check", intent.installation, intent.repo, wish, Priority.RESULT)
        return f"{len(intent.notes)} mistakes in the configuration"

    async def _drop(self, intent: DropLabel) -> str:
        wish = {"number": intent.subject.number, "label": intent.label}
        target = f"unlabel:{intent.subject}:{intent.label}:{self.guid}"
        await self._wish(target, "unlabel", intent, wish, Priority.RESULT)
        return f"takes {intent.label} off"

    async def _unbranch(self, intent: DropBranch) -> str:
        wish = {"branch": intent.branch, "sha": intent.sha, "repo_id": intent.repo_id}
        target = f"unbranch:{intent.repo_id}:{intent.branch}"
        await self._put(
            target, "unbranch", intent.installation, intent.repo, wish, Priority.PROGRESS
        )
        return f"deletes {intent.branch}"

    async def _warm(self, intent: WarmMirror) -> str:
        where = intent.installation, intent.repo, intent.repo_id
        await warm(self.tx, *where, intent.sha, now=self.now)
        return "warms the mirror"

    async def _wish(
        self,
        target: str,
        kind: str,
        intent: React | Reply | Refuse | DropLabel,
        wish: Mapping[str, Any],
        priority: Priority,
    ) -> None:
        await self._put(target, kind, intent.installation, intent.subject.repo, wish, priority)

    async def _put(  # noqa: PLR0913, PLR0917 - the columns of a wish
        self,
        target: str,
        kind: str,
        installation: InstallationId,
        repo: Repo,
        wish: Mapping[str, Any],
        priority: Priority,
    ) -> None:
        wanted = Wish(
            target=target,
            kind=kind,
            run=None,
            installation=installation,
            repo=repo,
            wish=wish,
            priority=priority,
        )
        await outbox.wish(self.tx, wanted, now=self.now)


def reaction(subject: Subject, trigger: Trigger, content: str) -> dict[str, Any]:
    """Wish for a reaction to what somebody wrote, or to the subject where that cannot be."""
    return {
        "number": subject.number,
        "content": content,
        "kind": trigger.kind,
        "comment": trigger.id or None,
    }
