"""Report mistakes in configuration on the commit that made them, and keep mirrors warm."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.model.events import Pushed
from bot.model.intents import Intent, Note, ReportConfig, WarmMirror
from bot.reactions import NoFacts, Reaction
from bot.rules.layers import AGENTS, FOLDER
from bot.rules.repoconfig import Mistake


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is wrong in the configuration at the pushed commit; None when it has none."""

    mistakes: Sequence[Mistake] | None


def may_configure(event: Pushed) -> bool:
    """Tell whether a push may have changed configuration."""
    return event.paths is None or any(_is_config(path) for path in event.paths)


def is_default(event: Pushed) -> bool:
    """Tell whether runs will start from what was pushed."""
    return event.default


def configured(event: Pushed, facts: Facts) -> Sequence[Intent]:
    """Show on the commit whether the configuration in it is right."""
    if facts.mistakes is None:
        return []
    notes = [
        Note(path=each.path, line=each.line, words=f"{each.words} {each.remedy}".strip())
        for each in facts.mistakes
    ]
    report = ReportConfig(
        installation=event.installation, repo=event.repo, head=event.sha, notes=notes
    )
    return [report]


def pushed(event: Pushed, _facts: NoFacts) -> Sequence[Intent]:
    """Have the mirror fetch the new commits before a run needs them."""
    warm = WarmMirror(
        installation=event.installation, repo=event.repo, repo_id=event.repo_id, sha=event.sha
    )
    return [warm]


def _is_config(path: str) -> bool:
    return path.startswith((f"{FOLDER}greenroom", AGENTS))


REACTIONS = (
    Reaction(event=Pushed, facts=Facts, decide=configured, when=may_configure),
    Reaction(event=Pushed, facts=NoFacts, decide=pushed, when=is_default),
)
