"""What an agent is shown of a conversation: as it stood when the agent was asked for.

Strangers may write beside the person who asks, before and after.  Nothing that was
written or edited afterwards is shown, and of the rest only so much, the newest first.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.model.ids import Login
from bot.model.runs import Person, Text, Trigger, TriggerKind
from bot.rules.markdown import cut
from bot.rules.visible import visible

MOST_TEXTS = 50
"""Comments and reviews that an agent is shown, beside the description."""

MOST_CHARACTERS = 100_000
"""Characters of all texts that an agent is shown."""

MOST_TEXT = 20_000
"""Characters of one text; GitHub takes 65,536."""

GHOST = Login("ghost")
"""Who stands on GitHub for a person whose account is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A comment, a review or a review's comment, as GitHub shows it now.

    Attributes:
        author: None when the account is gone.
        ours: whether the app wrote it.
        at: Unix seconds.
        edited: Unix seconds of the last edit, `at` when there was none; None when GitHub
            does not tell.
    """

    kind: TriggerKind
    id: int
    author: Person | None
    ours: bool
    at: float
    edited: float | None
    body: str
    path: str | None = None
    start_line: int | None = None
    line: int | None = None

    @property
    def login(self) -> Login:
        """The author's name."""
        return self.author.login if self.author else GHOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is to be shown, oldest first, and who said what is not.

    Attributes:
        edited: authors of what was edited after the agent was asked for.
        spared: how many older ones found no room.
    """

    kept: tuple[Said, ...]
    edited: tuple[Login, ...]
    spared: int


def choose(said: Iterable[Said], trigger: Trigger, asked_at: float) -> Chosen:
    """Choose what was there when an agent was asked for, and stands as it was."""
    there = [each for each in said if _was_there(each, trigger, asked_at)]
    as_it_was = [each for each in there if not _was_edited(each, trigger, asked_at)]
    edited = [each.login for each in there if _was_edited(each, trigger, asked_at)]
    urgent = sorted(as_it_was, key=lambda each: (not _is(each, trigger), -each.at, -each.id))
    kept, room = [], MOST_CHARACTERS - MOST_TEXT
    for each in urgent[:MOST_TEXTS]:
        room -= min(len(each.body), MOST_TEXT)
        if room >= 0:
            kept.append(each)
    return Chosen(
        kept=tuple(sorted(kept, key=lambda each: (each.at, each.id))),
        edited=tuple(edited),
        spared=len(as_it_was) - len(kept),
    )


def _is(said: Said, trigger: Trigger) -> bool:
    return (said.kind, said.id) == (trigger.kind, trigger.id)


def _was_there(said: Said, trigger: Trigger, asked_at: float) -> bool:
    """Tell whether it was said before; GitHub's times are whole seconds, so doubt means no."""
    if said.ours or not said.body.strip():
        return False
    return said.at < asked_at or _is(said, trigger)


def _was_edited(said: Said, trigger: Trigger, asked_at: float) -> bool:
    """Tell whether it is no longer what it was; what the agent was asked in may be an edit."""
    if said.edited is None:
        return False
    return said.edited > asked_at if _is(said, trigger) else said.edited >= asked_at


def texts(
    description: Text | None, chosen: Chosen, trusted: Collection[Person]
) -> tuple[Sequence[Text], Sequence[str]]:
    """Make the texts that an agent is shown, and sentences about those that it is not.

    Args:
        description: of the issue or pull request, None when it has none.
        chosen: what was said beside it.
        trusted: those who may write to the repository.
    """
    blind = [each for each in chosen.kept if each.edited is None and each.author not in trusted]
    told = [each for each in chosen.kept if each not in blind]
    bodies = [_text(each, trusted=each.author in trusted) for each in told]
    return [*([description] if description else []), *bodies], _left_out(chosen, blind)


def readable(body: str) -> str:
    """Return a text as an agent reads it: nothing hidden, and not too long."""
    return cut(visible(cut(body, MOST_TEXT)), MOST_TEXT)


def _text(said: Said, *, trusted: bool) -> Text:
    return Text(
        author=said.login,
        trusted=trusted,
        body=readable(said.body),
        path=said.path,
        start_line=said.start_line,
        line=said.line,
    )


def _left_out(chosen: Chosen, blind: Sequence[Said]) -> Sequence[str]:
    lines = [
        f"What {each} wrote and edited after the agent was asked for." for each in chosen.edited
    ]
    lines += [
        f"A review by {each.login}, who may not write here: GitHub does not tell of edits."
        for each in blind
    ]
    return [*lines, f"{chosen.spared} older comments."] if chosen.spared else lines


def resolved(comments: int) -> Sequence[str]:
    """Say how many comments are not shown because their threads were resolved."""
    if not comments:
        return []
    count = "One comment" if comments == 1 else f"{comments} comments"
    return [f"{count} of threads that were resolved."]
