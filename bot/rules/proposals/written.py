"""A proposal as the text of `.github/greenroom.yml`, with the reason of each line.

What `check-config` would not take stands there as a comment with its words, so that the rest
can be used as it is.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from bot.model.errors import Refused
from bot.rules.layers import SETTINGS, Layer
from bot.rules.proposals.base import Check, Setup
from bot.rules.proposals.proposal import Proposal
from bot.rules.repoconfig import effective, mistakes
from bot.rules.toolboxes import kind_of

WIDTH = 99
"""Characters of a line."""

HEAD = (
    "Proposed by `greenroom init`, which looked at the files of this repository and ran nothing. "
    "Read it, change what is wrong, and bring it to the default branch: it counts from there."
)
ABOUT = {
    "setup": "Installs what the validations need, with no model and no secret.",
    "toolboxes": "Tools that are mounted beside agents and validations, as images by digest.",
}
UNNAMED = (
    "Which hosts packages come from is said in no file here. Name them, or setup reaches none."
)
UNKNOWN = (
    "The validations below need these tools, from the runner itself or from toolboxes. "
    "`greenroom init --toolbox NAME=IMAGE` writes a toolbox, and where it is needed."
)
VALIDATIONS = (
    "What agents, and people by `/gr validate`, may ask for by name. "
    "Each runs away from the agent, over a copy of its tree, and reaches no host."
)
EXAMPLE = '"registry.example/tools/{}@sha256:…"'


@dataclass(frozen=True, slots=True)
class Entry:
    """One line, and why it is there."""

    words: str
    why: str = ""


def written(proposal: Proposal, images: Mapping[str, str]) -> str:
    """Write a configuration.

    Args:
        proposal: what it says.
        images: the toolboxes that there are, with their image by digest.

    Raises:
        Refused: `toolbox`: one of these is no image, or has a name that cannot be one.
    """
    boxes = [*_about("toolboxes"), *_shown(_boxes(proposal, images))] if images else []
    if words := _complaint(boxes):
        raise Refused("toolbox", words)
    given = set(map(_kind, images))
    lacking = {name: why for name, why in proposal.boxes.items() if name not in given}
    sections = (
        [*_comment(HEAD), "version: 1"],
        _setup(proposal.setup, proposal, images, boxes) if proposal.setup else [],
        boxes,
        _lacking(lacking) if lacking else [],
        _validations(proposal, images, boxes),
    )
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"


def _boxes(proposal: Proposal, images: Mapping[str, str]) -> Iterator[Entry]:
    yield Entry("toolboxes:")
    for name, image in images.items():
        why = proposal.boxes.get(_kind(name), "it was asked for; no validation below needs it")
        yield Entry(f"  {name}: {{image: {_quoted(image)}}}", why)


def _lacking(boxes: Mapping[str, str]) -> list[str]:
    entries = [Entry("toolboxes:")]
    entries += [
        Entry(f"  {name}: {{image: {EXAMPLE.format(name)}}}", why) for name, why in boxes.items()
    ]
    return [*_comment(UNKNOWN), *_as_comment(_shown(entries))]


def _setup(
    setup: Setup, proposal: Proposal, images: Mapping[str, str], boxes: Sequence[str]
) -> list[str]:
    lines = _shown(_installing(setup, proposal, images))
    words = _complaint([*boxes, *lines])
    return [*_about("setup"), *(_refused(words, lines) if words else lines)]


def _installing(setup: Setup, proposal: Proposal, images: Mapping[str, str]) -> Iterator[Entry]:
    hosts = proposal.hosts
    yield Entry("setup:")
    yield Entry(f"  run: {_quoted(' && '.join(setup.steps))}", setup.why)
    if setup.inputs:
        yield Entry(f"  inputs: [{', '.join(setup.inputs)}]", "runs again when one changes")
    if named := [name for name in images if _kind(name) in proposal.boxes]:
        yield Entry(f"  toolboxes: [{', '.join(named)}]", "its programs are in there")
    if not hosts:
        yield Entry("  egress: []", UNNAMED)
        return
    yield Entry("  egress:")
    for host, file in hosts.items():
        yield Entry(f"    - {host}", f"{file} names it")


def _validations(proposal: Proposal, images: Mapping[str, str], boxes: Sequence[str]) -> list[str]:
    lines = [*_comment(VALIDATIONS)]
    for note in proposal.notes:
        lines += ["#", *_comment(note)]
    blocks = [_block(check, images, boxes) for check in proposal.checks]
    is_read = any(not line.startswith("#") for block in blocks for line in block)
    lines.append("validations:" if is_read else "validations: {}")
    return [*lines, *(line for block in blocks for line in block)]


def _block(check: Check, images: Mapping[str, str], boxes: Sequence[str]) -> list[str]:
    lines = _shown(_entries(check, images))
    words = _complaint([*boxes, "validations:", *lines])
    return _refused(words, lines) if words else lines


def _entries(check: Check, images: Mapping[str, str]) -> Iterator[Entry]:
    yield Entry(f"  {check.name}:", check.why)
    yield Entry(f"    run: {_quoted(check.run)}")
    if box := next((name for name in images if _kind(name) == check.box), ""):
        yield Entry(f"    toolboxes: [{box}]", "its program is in there")
    if check.kind != "plain":
        yield Entry(f"    class: {check.kind}", "it needs more power than an agent has")
    if check.bases:
        yield Entry(
            f"    bases: [{', '.join(map(_quoted, check.bases))}]", "builds begin with them"
        )
    if check.report:
        yield Entry(f"    report: {check.report}", "tells the tests that failed by name")
    if check.minutes:
        yield Entry(f"    timeout: {check.minutes}m", "it takes longer than the usual 10m")


def _kind(toolbox: str) -> str:
    """Return what a toolbox is for, by its name."""
    return kind_of(toolbox) or toolbox


def _about(setting: str) -> list[str]:
    return _comment(ABOUT[setting])


def _complaint(lines: Sequence[str]) -> str:
    """Return what is wrong with a piece of a configuration; empty if nothing is."""
    layer = Layer(where="this repository", files={SETTINGS: "\n".join(["version: 1", *lines])})
    for each in (*mistakes(layer), *effective(None, layer).overruled):
        return f"{each.words} {each.remedy}"
    return ""


def _refused(words: str, lines: Sequence[str]) -> list[str]:
    return [*_comment(words), *_as_comment(lines)]


def _shown(entries: Iterable[Entry]) -> list[str]:
    return [line for each in entries for line in _line(each)]


def _line(entry: Entry) -> Iterator[str]:
    """Write the reason behind its line, or above where it would get too long."""
    whole = f"{entry.words}  # {entry.why}" if entry.why else entry.words
    if len(whole) <= WIDTH:
        yield whole
        return
    yield from _comment(entry.why, entry.words[: -len(entry.words.lstrip())])
    yield entry.words


def _as_comment(lines: Iterable[str]) -> list[str]:
    return [f"# {line}".rstrip() for line in lines]


def _comment(words: str, indent: str = "") -> list[str]:
    begin = f"{indent}# "
    return wrap(
        words,
        WIDTH,
        initial_indent=begin,
        subsequent_indent=begin,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _quoted(text: str) -> str:
    """Write text in double quotes, which YAML reads as JSON does."""
    return json.dumps(text, ensure_ascii=False)
