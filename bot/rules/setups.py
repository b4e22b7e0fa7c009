"""Setups: what prepares workspaces, by which name it is known again, and what is said of it.

What a setup adds is shared by all runs of a repository, so it is made from the default branch
alone.  A tree with other inputs has one of its own, which nobody else is ever given.
"""

import json
from collections.abc import Collection
from dataclasses import asdict, replace
from hashlib import sha256

from bot.model.ids import Sha
from bot.model.validations import SETUP, Definition, Groundwork, Setup, Toolbox, Verdict
from bot.rules import configmodel
from bot.rules.cinow import Excerpt
from bot.rules.cireport import folded, lasted
from bot.rules.complaints import place
from bot.rules.configfile import Node
from bot.rules.configmodel import ConfigFile
from bot.rules.egress import narrows
from bot.rules.mistakes import Mistake
from bot.rules.precedence import is_enforced
from bot.rules.wording import plain

HOSTS = "egress.allow"
"""The setting whose enforcement holds for setups too."""

FAILS_FOR = 5 * 60.0
"""Seconds for which a setup that failed is not tried again."""

HOLDS = 7 * 24 * 3600.0
"""Seconds after which a setup runs anew: what its inputs do not pin has newer versions then."""

HANDS_OVER = 15 * 60.0
"""Seconds that packing and handing over what it has added may take."""

BEGINS = "Setting up the workspace"
"""Said of a run that waits for it."""


def wanted(said: configmodel.Setup | None) -> Setup | None:
    """Return what configuration says prepares a workspace."""
    if said is None:
        return None
    return Setup(
        run=said.run,
        inputs=said.inputs,
        egress=said.egress,
        toolboxes=said.toolboxes,
        seconds=int(said.timeout),
    )


def asked(setup: Setup, boxes: Collection[Toolbox], base: Sha) -> Groundwork:
    """Return what a commit is to stand on as long as nobody has looked at its files."""
    return shared(setup, boxes, inputs="", platform="", base=base)


def shared(
    setup: Setup, boxes: Collection[Toolbox], *, inputs: str, platform: str, base: Sha
) -> Groundwork:
    """Return what all trees of a repository with the same inputs stand on.

    Args:
        setup: what prepares it.
        boxes: toolboxes that there are.
        inputs: names the files of the default branch on which it depends.
        platform: names what it runs on.
        base: the commit of the default branch that it is made from.
    """
    named = tuple(each for each in boxes if each.name in setup.toolboxes)
    ground = Groundwork(
        key="", setup=setup, toolboxes=named, inputs=inputs, platform=platform, apart="", base=base
    )
    return replace(ground, key=_key(ground))


def own(  # noqa: PLR0913 - what a tree is, and whose
    ground: Groundwork,
    *,
    inputs: str,
    number: int,
    fork: bool,
    base: Sha,
    work: str | None = None,
    tree: Sha | None = None,
) -> Groundwork:
    """Return what a tree stands on whose inputs are its own.

    Args:
        ground: of the default branch.
        inputs: names the files of this tree on which it depends.
        number: of the issue or pull request that it is for.
        fork: whether strangers may have made it: then it reaches no host.
        base: the commit that the tree is made from.
        work: the blob with what differs from that.
        tree: Git's name of it; None for that of the base.

    Its key holds the whole tree: who wrote the inputs may also have written what else a setup
    reads, and the next tree is not to stand on that.
    """
    setup = replace(ground.setup, egress=()) if fork else ground.setup
    made = replace(
        ground,
        setup=setup,
        inputs=inputs,
        apart=str(number),
        base=base,
        work=work,
        tree=tree,
    )
    return replace(made, key=_key(made))


def _key(ground: Groundwork) -> str:
    images = sorted((each.name, each.image) for each in ground.toolboxes)
    told = [asdict(ground.setup), images, ground.inputs, ground.platform, ground.apart]
    told += [ground.tree or ground.base] if ground.apart else []
    return sha256(json.dumps([SETUP, *told], sort_keys=True).encode()).hexdigest()


def definition(ground: Groundwork) -> Definition:
    """Return the command that a job runs to prepare it."""
    setup = ground.setup
    return Definition(
        name=SETUP,
        run=setup.run,
        toolboxes=setup.toolboxes,
        egress=setup.egress,
        seconds=setup.seconds,
    )


def idle(file: ConfigFile, settings: Node, org: ConfigFile) -> Mistake | None:
    """Find out why the setup in force has no effect; None where it has one.

    Args:
        file: what is in force of all layers together.
        settings: the same, with the places where it is said.
        org: what would hold without the repository.
    """
    if file.setup is None:
        return None
    bounds = org.egress.allow if is_enforced(HOSTS, org.enforce) else None
    lack = _lack(file.setup, file, None if file.setup == org.setup else bounds)
    if lack is None:
        return None
    key, why, remedy = lack
    node, line = place(settings, ("setup", key))
    words = f"`setup` has no effect: {why}."
    return Mistake(path=node.path, line=line, words=words, remedy=remedy)


def _lack(
    setup: configmodel.Setup, file: ConfigFile, hosts: Collection[str] | None
) -> tuple[str, str, str] | None:
    for box in setup.toolboxes:
        if box not in file.toolboxes:
            return "toolboxes", f"there is no toolbox `{box}`", "Write it under `toolboxes`."
    if hosts is not None and not narrows(setup.egress, hosts):
        why = "it names hosts that the organization does not allow"
        return "egress", why, f"Name hosts of `{HOSTS}`, which is enforced."
    return None


def ended(verdict: Verdict) -> str:
    """Say in one line how a setup ended, for people."""
    took = lasted(verdict.seconds)
    if verdict.outcome == "passed":
        return f"Set up in {took}"
    return f"Setting up failed after {took}; it goes on without. {plain(verdict.words)}".rstrip()


def _failed(verdict: Verdict) -> str:
    how = "no verdict" if verdict.outcome == "broken" else verdict.outcome
    return f"{how} after {lasted(verdict.seconds)}. {plain(verdict.words)}".rstrip()


def section(verdict: Verdict) -> str:
    """Write what people are shown of a setup that has failed; empty for one that has not."""
    if verdict.outcome == "passed":
        return ""
    excerpt = Excerpt(name=SETUP, text=verdict.excerpt)
    return "\n".join(
        [f"**Setup**: {_failed(verdict)}", *(folded(excerpt) if excerpt.text else [])]
    )


def lacking(verdict: Verdict) -> Verdict:
    """Return the verdict on a tree whose workspace cannot be prepared: it is none."""
    why = verdict.words or f"It {verdict.outcome}."
    return replace(verdict, outcome="broken", words=f"Setup did not pass. {why}")


def without_layer(verdict: Verdict) -> Verdict:
    """Return the verdict on a setup that has handed in nothing: such a one has not passed."""
    if verdict.outcome != "passed":
        return verdict
    return replace(verdict, outcome="broken", words="What it has added was not handed in.")
