"""Doing what was decided, and handing in what came of it."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar, assert_never

from bot.agents import tidied
from bot.agents.asking import Answer
from bot.agents.playbook import edits, report, trials
from bot.agents.playbook.edits import CannotApply
from bot.agents.playbook.moves import LEAVE, Apply, Ask, Autofix, Check, Leave, Move
from bot.agents.playbook.report import Report
from bot.agents.playbook.since import decide
from bot.agents.playbook.task import Task
from bot.agents.playbook.tree import GitFailed, Tree
from bot.agents.programs import Programs, Stopped
from bot.agents.tools import Tidying, tidy, why_missing

CallKind = Literal["edit", "execute"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where outputs are asked for.

    Attributes:
        ask: asks for one, and blocks until the broker's answer comes.
        changes: the kind that hands changes in.
    """

    ask: Callable[[dict[str, str]], Answer]
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the work is done.

    Attributes:
        base: the mark of the tree as it was found.
        scratch: an empty folder beside it.
    """

    tree: Tree
    base: str
    scratch: Path

    def changed(self) -> bool:
        """Say whether the tree is another one than at the beginning."""
        return self.tree.mark() != self.base


class Voice(Protocol):
    """How the agent tells what it does, and asks."""

    async def plan(self, entries: Sequence[str], done: int) -> None:
        """Show the plan, with the first entries done and the next one in progress."""
        ...

    async def begin(self, title: str, kind: CallKind) -> str:
        """Say that something begins; return its id."""
        ...

    async def end(self, call: str, *, well: bool) -> None:
        """Say that it is over."""
        ...

    async def may(self, title: str, kind: CallKind) -> bool:
        """Ask whether something may be done."""
        ...

    async def ask(self, text: str, choices: Sequence[str]) -> bool:
        """Ask a person; False when nobody can be asked."""
        ...

    async def say(self, text: str) -> None:
        """Say something, for the record."""
        ...


class Work:
    """One task, done once.

    Args:
        programs: of the working folder.
        door: where outputs are asked for.
    """

    def __init__(self, task: Task, programs: Programs, voice: Voice, door: Door) -> None:
        self._task, self._moves = decide(task)
        self._programs = programs
        self._voice = voice
        self._door = door
        self._report = Report()

    async def do(self) -> bool:
        """Do it; return whether what it led to was accepted."""
        with tempfile.TemporaryDirectory(prefix="playbook-") as scratch:
            place = await asyncio.to_thread(_placed, self._programs, Path(scratch))
            todo = self._moves
            names = [_name(each) for each in todo]
            for at, move in enumerate(todo):
                await self._voice.plan(names, at)
                over = await self._make(move, place)
                if over is not None:
                    return over
            await self._voice.plan(names, len(names))
            return await self._hand_in(place)

    async def _make(self, move: Move, place: Place) -> bool | None:
        """Make one move; the answer is None while there is more to do."""
        match move:
            case Apply():
                return await self._apply(move, place)
            case Autofix():
                return await self._autofix(place)
            case Check():
                return await self._check(move, place)
            case Ask():
                return await self._ask(move.text, move.choices)
            case Leave():
                return await self._nothing(move.why)
            case _:
                assert_never(move)

    async def _apply(self, move: Apply, place: Place) -> bool | None:
        name = _name(move)
        if not await self._voice.may(name, "edit"):
            return await self._nothing("I was not allowed to change the files.")
        try:
            top, scratch = self._programs.top, place.scratch
            await self._call(name, "edit", edits.apply, top, place.tree, move.changes, scratch)
        except CannotApply as problem:
            return await self._ask(report.about_change(problem.change, str(problem)), (LEAVE,))
        self._report.applied = move.changes
        return None

    async def _autofix(self, place: Place) -> bool | None:
        done = await self._call(_name(Autofix()), "execute", _tidied, self._programs, place.tree)
        self._report.ran, self._report.missing = done.ran, done.missing
        for name in done.missing:
            await asyncio.to_thread(self._door.ask, why_missing(name))
        return None

    async def _check(self, move: Check, place: Place) -> bool | None:
        self._report.tested = await self._call(
            _name(move), "execute", trials.run, self._programs, place.tree, place.base
        )
        if not self._report.broke_tests or move.anyway:
            return None
        if not await asyncio.to_thread(place.changed):
            return None
        question = report.about_tests(self._report, self._task.instruction)
        await asyncio.to_thread(place.tree.back_to, place.base)
        return await self._ask(*question)

    async def _ask(self, text: str, choices: Sequence[str]) -> bool:
        if await self._voice.ask(text, choices):
            return True
        return await self._nothing(f"I had a question, and nobody to ask: {text}")

    async def _nothing(self, why: str) -> bool:
        return await self._ask_for({"kind": "noop", "reason": why})

    async def _hand_in(self, place: Place) -> bool:
        if not await asyncio.to_thread(place.changed):
            return await self._nothing(report.nothing(self._report))
        title, body = report.title(self._report), report.body(self._report)
        return await self._ask_for(tidied.handed_in(self._door.changes, title, body))

    async def _ask_for(self, output: dict[str, str]) -> bool:
        name = "Nothing to hand in" if output["kind"] == "noop" else "Handing in the changes"
        answer = await self._call(name, "execute", self._door.ask, output)
        if not answer.accepted:
            await self._voice.say(f"Refused: {answer.words}")
        return answer.accepted

    async def _call(self, title: str, kind: CallKind, do: Callable[..., T], *given: object) -> T:
        """Do something in a thread, and tell of it."""
        call = await self._voice.begin(title, kind)
        try:
            result = await asyncio.to_thread(do, *given)
        except (CannotApply, GitFailed, Stopped):
            await self._voice.end(call, well=False)
            raise
        await self._voice.end(call, well=True)
        return result


def _name(move: Move) -> str:
    match move:
        case Apply(changes):
            return (
                f"Applying {changes[0]}"
                if len(changes) == 1
                else f"Applying {len(changes)} changes"
            )
        case Autofix():
            return "Formatting and linting"
        case Check():
            return "Running the tests"
        case Ask():
            return "Asking a person"
        case Leave():
            return "Leaving everything as it is"
        case _:
            assert_never(move)


def _placed(programs: Programs, scratch: Path) -> Place:
    tree = Tree(programs, scratch / "index")
    return Place(tree=tree, base=tree.mark(), scratch=scratch)


def _tidied(programs: Programs, tree: Tree) -> Tidying:
    """Tidy, and remove what the tools leave beside the files that they change."""
    tree.mark()
    done = tidy(programs, _quiet)
    tree.back_to(tree.mark(new_files=False))
    return done


def _quiet(_: str) -> None:
    """Tools' steps are told as one."""
