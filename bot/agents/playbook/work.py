"""Doing what was decided, and handing in what came of it."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeVar, assert_never

from bot.agents import tidied
from bot.agents.asking import Answer
from bot.agents.playbook import edits, report, trials, validated
from bot.agents.playbook.edits import CannotApply
from bot.agents.playbook.moves import (
    LEAVE,
    Apply,
    Ask,
    Autofix,
    Check,
    Keep,
    Leave,
    Move,
    Propose,
)
from bot.agents.playbook.report import Report
from bot.agents.playbook.session import Came
from bot.agents.playbook.tree import GitFailed, Tree
from bot.agents.playbook.turns import Todo
from bot.agents.playbook.validated import Validate
from bot.agents.programs import Programs, Stopped
from bot.agents.tools import Tidying, tidy, why_missing
from bot.agents.validating import validate

CallKind = Literal["edit", "execute"]

_FROM_BASE = (Apply, Autofix, Check)
"""Moves that are made from the base, whatever is in the tree: so they come to the same again."""

_HANDING_IN = {"noop": "Nothing to hand in", "plan": "Handing in the plan"}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where outputs are asked for.

    Attributes:
        ask: asks for one, and blocks until the broker's answer comes.
        changes: the kind that hands changes in.
        plans: whether a plan is all that may be handed in before a person's yes.
        validations: those that may be asked for, by name.
        validate: has the tree validated as it is, and blocks until there is a verdict.
    """

    ask: Callable[[dict[str, str]], Answer]
    changes: str
    plans: bool = False
    validations: Sequence[str] = ()
    validate: Validate = validate


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the work is done.

    Attributes:
        base: the mark of the tree that changes are compared with.
        start: the mark of the tree that is left when nothing comes of the work.
        scratch: an empty folder beside it.
    """

    tree: Tree
    base: str
    start: str
    scratch: Path

    def changed(self) -> bool:
        """Say whether the tree is another one than the base."""
        return self.tree.mark() != self.base

    def leave(self) -> None:
        """Leave the tree as if nothing had been done."""
        if self.tree.mark() != self.start:
            self.tree.back_to(self.start)


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
    """One turn's work, done once.

    Args:
        programs: of the working folder.
        door: where outputs are asked for.
        base: the commit that changes are compared with; where there is no such commit it is
            the tree as it is found.

    Attributes:
        came: what it came to that later turns have to know of; None for anything else.
    """

    def __init__(
        self, todo: Todo, programs: Programs, voice: Voice, door: Door, base: str = ""
    ) -> None:
        self._todo = todo
        self._programs = programs
        self._voice = voice
        self._door = door
        self._base = base
        self._report = Report()
        self.came: Came | None = None

    async def do(self) -> bool:
        """Do it; return whether what it led to was accepted."""
        with tempfile.TemporaryDirectory(prefix="playbook-") as scratch:
            place = await asyncio.to_thread(self._placed, Path(scratch))
            todo = self._todo.moves
            names = [str(each) for each in todo]
            for at, move in enumerate(todo):
                await self._voice.plan(names, at)
                over = await self._make(move, place)
                if over is not None:
                    await asyncio.to_thread(place.leave)
                    return over
            await self._voice.plan(names, len(names))
            return await self._hand_in(place)

    def _placed(self, scratch: Path) -> Place:
        """Look at the tree, and go back to the base where the work begins from there."""
        tree = Tree(self._programs, scratch / "index")
        found = tree.mark()
        base = tree.of(self._base) or found
        if found != base and isinstance(self._todo.moves[0], _FROM_BASE):
            tree.back_to(base)
        return Place(tree=tree, base=base, start=found, scratch=scratch)

    async def _make(self, move: Move, place: Place) -> bool | None:
        """Make one move; the answer is None while there is more to do."""
        over: Coroutine[None, None, bool | None]
        match move:
            case Apply():
                over = self._apply(move, place)
            case Autofix():
                over = self._autofix(place)
            case Check():
                over = self._check(move, place)
            case Ask():
                over = self._ask(move.text, move.choices)
            case Leave():
                over = self._nothing(move.why)
            case Keep():
                over = self._keep(move, place)
            case Propose():
                over = self._propose(move.text)
            case _:
                assert_never(move)
        return await over

    async def _keep(self, move: Keep, place: Place) -> bool | None:
        self._report.kept = await asyncio.to_thread(place.changed)
        if self._report.kept or not move.otherwise:
            return None
        return await self._nothing(move.otherwise)

    async def _propose(self, text: str) -> bool:
        accepted = await self._ask_for({"kind": "plan", "text": text})
        self.came = "planned" if accepted else None
        return accepted

    async def _apply(self, move: Apply, place: Place) -> bool | None:
        name = str(move)
        if not await self._voice.may(name, "edit"):
            return await self._nothing("I was not allowed to change the files.")
        try:
            top, scratch = self._programs.top, place.scratch
            await self._call(name, "edit", edits.apply, top, place.tree, move.changes, scratch)
        except CannotApply as problem:
            return await self._ask(report.about_change(problem.change, str(problem)), (LEAVE,))
        self._report.applied = (*self._report.applied, *move.changes)
        return None

    async def _autofix(self, place: Place) -> bool | None:
        done = await self._call(str(Autofix()), "execute", _tidied, self._programs, place.tree)
        self._report.ran, self._report.missing = done.ran, done.missing
        for name in done.missing:
            await asyncio.to_thread(self._door.ask, why_missing(name))
        return None

    async def _check(self, move: Check, place: Place) -> bool | None:
        over = await self._tried(move, place)
        if over is not None or not self._report.broke_tests or move.anyway:
            return over
        if not await asyncio.to_thread(place.changed):
            return None
        question = report.about_tests(self._report, self._todo.instruction)
        return await self._ask(*question)

    async def _tried(self, move: Check, place: Place) -> bool | None:
        """Try it, and again with what is given for the tests that fail."""
        left = list(move.mends)
        while True:
            if self._door.validations:
                await self._validate()
            else:
                self._report.tested = await self._call(
                    str(move), "execute", trials.run, self._programs, place.tree, place.base
                )
            mend = next((each for each in left if self._report.tells_of(each.fails)), None)
            if mend is None:
                await self._compare(place)
                return None
            left.remove(mend)
            if (over := await self._apply(Apply((mend,)), place)) is not None:
                return over

    async def _validate(self) -> None:
        """Ask for the validations one after another, until one fails."""
        self._report.tested = []
        for name in self._door.validations:
            title = f"Validating {name}"
            trial = await self._call(title, "execute", validated.run, name, self._door.validate)
            self._report.tested.append(trial)
            if trial.result == "failed":
                return

    async def _compare(self, place: Place) -> None:
        """Have what a validation says held against the tree without the changes."""
        tested, given = self._report.tested, (self._door.validate, place.tree, place.base)
        if self._door.validations and tested[-1].result == "failed":
            title = f"Validating {tested[-1].command} without the changes"
            tested[-1] = await self._call(title, "execute", validated.compared, tested[-1], *given)

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
        accepted = await self._ask_for(tidied.handed_in(self._door.changes, title, body))
        self.came = "handed_in" if accepted else None
        return accepted

    async def _ask_for(self, output: dict[str, str]) -> bool:
        name = _HANDING_IN.get(output["kind"], "Handing in the changes")
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


def _tidied(programs: Programs, tree: Tree) -> Tidying:
    """Tidy, and remove what the tools leave beside the files that they change."""
    tree.mark()
    done = tidy(programs, _quiet)
    tree.back_to(tree.mark(new_files=False))
    return done


def _quiet(_: str) -> None:
    """Tools' steps are told as one."""
