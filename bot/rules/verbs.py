"""Everything that may be said to the app, once: grammar, help, docs and policy read it here.

Beside these verbs every agent's name is one; who may say those is the agent's own rule.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.model.money import Micros, micros
from bot.rules.roles import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb.

    Attributes:
        usage: what follows the verb, in the usual notation; empty when nothing does.
        help: what it does, as one sentence.
        needs: the least role of the person who says it.
        later: what is missing before it works; empty for a verb that works.
    """

    usage: str = ""
    help: str
    needs: Role
    later: str = ""

    @property
    def wide(self) -> bool:
        """Whether it may be said for the whole organization."""
        return EVERYWHERE in self.usage


VERBS: Mapping[str, Verb] = {
    "help": Verb(help="Lists what you may do here.", needs=Role.READ),
    "status": Verb(help="Says which runs are open here and where they stand.", needs=Role.READ),
    "explain": Verb(
        usage="[AGENT]",
        help="Says why a run waits or how it ended, and why you may or may not do what you asked.",
        needs=Role.READ,
    ),
    "config": Verb(
        help="Shows the settings in force here and where each comes from.", needs=Role.TRIAGE
    ),
    "stop": Verb(usage="[AGENT]", help="Stops the open runs here, or one.", needs=Role.TRIAGE),
    "retry": Verb(
        usage="[AGENT] [--fresh]",
        help="Does the last finished run here again, from where it broke off if it did.",
        needs=Role.WRITE,
    ),
    "approve": Verb(
        usage="HASH",
        help="Says yes to what a run waits with: a plan, a commit to push, or a head that moved.",
        needs=Role.WRITE,
    ),
    "pause": Verb(
        usage="[--org]",
        help="Holds all runs of this repository back, or of the organization.",
        needs=Role.MAINTAIN,
    ),
    "resume": Verb(usage="[--org]", help="Ends a pause.", needs=Role.MAINTAIN),
    "answer": Verb(
        usage="TEXT",
        help="Answers the question that a run waits with.",
        needs=Role.TRIAGE,
    ),
    "continue": Verb(
        usage="[AGENT] [+$N]",
        help="Lets the last run here go on that was stopped, failed or reached a limit.",
        needs=Role.WRITE,
    ),
    "validate": Verb(
        usage="[NAME]...",
        help="Runs validations on the head of the pull request, all or the named ones.",
        needs=Role.TRIAGE,
    ),
    "dismiss": Verb(
        usage="FINDING",
        help="Dismisses a finding of a review.",
        needs=Role.TRIAGE,
        later="There are no reviews by agents yet.",
    ),
}
"""The verbs after the prefix, in the order in which help shows them."""

_MONEY = re.compile(r"\+\$(\d{1,6}(?:\.\d{1,2})?)", re.ASCII)


def money(word: str) -> Micros | None:
    """Return how much more money a word like `+$2.50` gives a run; None for any other word."""
    found = _MONEY.fullmatch(word)
    return micros(found[1]) if found else None


def adds_money(verb: str, args: Sequence[str]) -> bool:
    """Tell whether a command adds to what a run may cost."""
    return verb == "continue" and any(money(word) for word in args)


FRESH = "--fresh"
"""What makes `retry` begin anew, with nothing of the run before."""

VALIDATE = "validate"
"""The verb before which the configuration of the pull request is looked at too."""

EVERYWHERE = "--org"
"""What makes `pause` and `resume` mean the whole organization."""
