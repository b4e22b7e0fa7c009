"""What is to be done in one turn of a session, by the turns before it.

The work is made from the base each time, whatever is in the tree: so a job that was broken
off is made good by the next one, and a second turn hands in what the first one did, too.

Everything here is pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.agents.playbook import since
from bot.agents.playbook.changes import Change, collide, in_order
from bot.agents.playbook.moves import (
    LEAVE,
    Apply,
    Ask,
    Autofix,
    Check,
    Keep,
    Leave,
    Move,
)
from bot.agents.playbook.proposal import proposed, says
from bot.agents.playbook.task import Message, Task

Messages = tuple[Message, ...]

_OTHER_PLAN = (
    "What I would do now is not what you said yes to: something else has been written here "
    "since. What is wanted?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the turns before were told that came to something, oldest first.

    Attributes:
        handed_in: of those whose changes were taken, on the base as it is.
        planned: of those whose plan was taken.
        ended: whether any has ended at all.
    """

    handed_in: Sequence[Messages] = ()
    planned: Sequence[Messages] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What is to be done in a turn.

    Attributes:
        instruction: in whose words.
        messages: what the turns after this one have to know of it, if it comes to something.
        made_good: the same of a turn before that was broken off, and is done in this one.
    """

    instruction: str
    moves: tuple[Move, ...]
    messages: Messages = ()
    made_good: tuple[Messages, ...] = ()


def decide(task: Task, past: Past, *, plans: bool) -> Todo:
    """Return what is to be done from the base.

    Args:
        task: what is asked for in this turn.
        past: the turns before.
        plans: whether a plan is all that may be handed in before a person's yes.
    """
    made_good: tuple[Messages, ...] = ()
    if plans and not _is_approved(task):
        task = _to_plan(task, past)
        now, todo = since.decide(task)
        todo = proposed(todo)
    else:
        now, todo = _decided(task, past)
        made_good = ((),) if _is_first_broken_off(task, past) else ()
        others = [each for each in (*made_good, *past.handed_in) if each != task.messages]
        before = [_decided(replace(task, messages=each), past)[1] for each in others]
        todo = together(before, todo)
    return Todo(
        instruction=now.instruction, moves=todo, messages=task.messages, made_good=made_good
    )


def together(before: Sequence[Sequence[Move]], now: tuple[Move, ...]) -> tuple[Move, ...]:
    """Return what is to be done from the base: what was done on it before, and this.

    Of two changes to the same lines the later one counts.
    """
    if not before or isinstance(now[0], Ask | Leave):
        return now
    every = [each for todo in (*before, now) for each in todo]
    changes = _last(
        [change for each in every if isinstance(each, Apply) for change in each.changes]
    )
    steps: list[Move] = [Keep()] if any(isinstance(each, Keep) for each in every) else []
    steps += [Apply(tuple(in_order(changes)))] if changes else []
    steps += [Autofix()] if Autofix() in every else []
    return (*steps, _check([each for each in every if isinstance(each, Check)]))


def _check(checks: Sequence[Check]) -> Check:
    """Return what is tried after all that was to be tried, each mending once."""
    mends = dict.fromkeys(mend for check in checks for mend in check.mends)
    return Check(anyway=any(check.anyway for check in checks), mends=tuple(mends))


def _last(changes: Sequence[Change]) -> list[Change]:
    """Return each change once, without those whose lines are changed again later."""
    once = list(dict.fromkeys(reversed(changes)))[::-1]
    return [
        each
        for at, each in enumerate(once)
        if not any(collide((each, later)) for later in once[at + 1 :])
    ]


def _is_approved(task: Task) -> bool:
    return any(each.kind == "plan" for each in task.messages)


def _is_first_broken_off(task: Task, past: Past) -> bool:
    """Tell whether words have come to a first turn of which nobody saw the end.

    They come on top of what it was told.  Any other message is about something that came of it.
    """
    words = bool(task.messages) and all(each.kind == "steer" for each in task.messages)
    return words and not (past.ended or past.handed_in or past.planned)


def _to_plan(task: Task, past: Past) -> Task:
    """Return what is to be planned: what people say now, else what was planned last."""
    said = tuple(each for each in task.messages if each.kind in since.PEOPLE)
    return replace(task, messages=said or (past.planned[-1] if past.planned else ()))


def _decided(task: Task, past: Past) -> tuple[Task, tuple[Move, ...]]:
    """Decide what may be done, by the plan where a person has said yes to one."""
    if not _is_approved(task):
        return since.decide(task)
    at = max(at for at, each in enumerate(task.messages) if each.kind == "plan")
    plan, after = task.messages[at], task.messages[at + 1 :]
    tasks = [replace(task, messages=each) for each in (*reversed(past.planned), ())]
    made = [since.decide(each) for each in tasks]
    now, todo = next(
        (each for each in made if says(plan.text, each[1])),
        (task, (Ask(_OTHER_PLAN, (LEAVE,)),)),
    )
    if not any(each.kind in since.PEOPLE for each in after):
        return now, todo
    now, more = since.decide(replace(task, messages=after))
    return now, together([todo], more)
