"""Which validations may be asked for, and by what a verdict is known to hold again.

Only the name is the agent's.  What it stands for comes from the default branch, so that no
change which an agent makes, or a stranger proposes, decides what runs.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from hashlib import sha256

from bot.model.errors import Refused
from bot.model.validations import Definition, Toolbox
from bot.rules.grammar import nearest
from bot.rules.mistakes import shown

NONE = (
    "There are no validations here. Whoever may change `.github/greenroom.yml` on the default "
    "branch can add some under `validations`, for later runs."
)


def may_ask(name: str, definitions: Sequence[Definition]) -> Definition:
    """Return what a name stands for.

    Args:
        name: as it was asked for: anybody's text.
        definitions: those that may be asked for.

    Raises:
        Refused: `validation`: there is none of this name.
    """
    found = next((each for each in definitions if each.name == name), None)
    if found is None:
        raise Refused("validation", _unknown(name, [each.name for each in definitions]))
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    if not known:
        return NONE
    near = nearest(name, known)
    listed = ", ".join(f"`{each}`" for each in known)
    meant = f"Did you mean `{near}`?" if near else f"There are: {listed}."
    return f"There is no validation {shown(name)}. {meant}"


def key(
    definition: Definition,
    *,
    tree: str,
    toolboxes: Collection[Toolbox] = (),
    setup: str = "",
    apart: str = "",
) -> str:
    """Return the name of a question: the same one has the same answer.

    Args:
        definition: what is run; an image is part of it.
        tree: Git's name of the tree; where the definition names inputs, any name of these alone.
        toolboxes: those that stand beside it.
        setup: the key of the layer below the workspace; empty for none.
        apart: whose answers these are, where nobody else may get them, such as those of a
            fork: whoever leaves the inputs alone may still decide what is found.  Empty for
            the repository's own.

    Returns:
        64 hexadecimal digits.
    """
    images = sorted((each.name, each.image) for each in toolboxes)
    told = [tree, asdict(definition), images, setup, apart]
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
