"""What `tidy` says in its pull request: pure text, from what was run and what came of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

MOST_FINDINGS = 50
UNFOLDED = 5
"""Findings that are shown at once; more are folded away."""

_WIDEST = 200  # characters of a name or a finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One tool that was run.

    Attributes:
        command: as a person would type it.
        version: the tool's own words; empty where it has none.
        changed: whether files were other ones after it than before it.
        findings: what it still reports and could not change, one a line.
        failure: its last words if it failed.
    """

    name: str
    command: str
    version: str = ""
    changed: bool = False
    findings: tuple[str, ...] = ()
    failure: str = ""


def title(ran: Sequence[Ran]) -> str:
    """Return the title of the pull request, which is also the commit's: what changed files."""
    names = [each.name for each in ran if each.changed]
    return f"Apply {listed(names) or 'automatic fixes'}"


def body(ran: Sequence[Ran], missing: Sequence[str]) -> str:
    """Return the text of the pull request; which files it changes is not for us to say."""
    parts = [_what_ran(ran), _what_is_left(ran)]
    parts += [_failures(ran)] if any(each.failure for each in ran) else []
    if missing:
        names = ", ".join(map(code, missing))
        parts.append(f"Configured here, but not available to the run: {names}.")
    return "\n\n".join(parts) + "\n"


def handed_in(kind: str, title: str, body: str) -> dict[str, str]:
    """Return the output that hands changes in; a comment has no title of its own."""
    if kind == "comment":
        return {"kind": kind, "body": f"**{title}**\n\n{body}"}
    return {"kind": kind, "title": title, "body": body}


def nothing(ran: Sequence[Ran], missing: Sequence[str]) -> str:
    """Return the reason why there is no pull request."""
    lines: list[str] = []
    if ran:
        lines.append(f"{listed([each.name for each in ran])} changed no file.")
    if missing:
        lines.append(f"Configured, but not available to the run: {', '.join(missing)}.")
    if not lines:
        lines.append("This repository configures no formatter or linter that I know.")
    left = sum(len(each.findings) for each in ran)
    if left:
        lines.append(f"{left} findings are left that need a person.")
    lines += [f"{each.name} failed: {each.failure}" for each in ran if each.failure]
    return " ".join(lines)


def code(text: str) -> str:
    """Return text as Markdown code that can stand in a table, whatever is in it."""
    text = text if len(text) <= _WIDEST else f"…{text[-_WIDEST:]}"
    inert = "".join(each if each.isprintable() else "�" for each in text)
    inert = inert.replace("`", "'").replace("|", "\\|")
    return f"`{inert}`"


def fenced(text: str) -> str:
    """Return text as a block of Markdown code that nothing in it can end."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _what_ran(ran: Sequence[Ran]) -> str:
    rows = [f"| {code(each.command)} | {each.version or 'unknown'} |" for each in ran]
    return "\n".join(["**What ran**", "", "| command | version |", "| --- | --- |", *rows])


def _what_is_left(ran: Sequence[Ran]) -> str:
    findings = [line for each in ran for line in each.findings]
    if not findings:
        return "**What is left:** nothing that these tools report."
    shown = fenced("\n".join(line[:_WIDEST] for line in findings[:MOST_FINDINGS]))
    more = len(findings) - MOST_FINDINGS
    tail = f"\n\nand {more} more" if more > 0 else ""
    if len(findings) <= UNFOLDED:
        return f"**What is left, without an automatic fix: {len(findings)}**\n\n{shown}"
    # GitHub reads Markdown inside, if a blank line stands before and after it.
    summary = f"<summary>What is left, without an automatic fix: {len(findings)}</summary>"
    return f"<details>{summary}\n\n{shown}{tail}\n\n</details>"


def _failures(ran: Sequence[Ran]) -> str:
    return "\n\n".join(
        f"**{each.name} failed**\n\n{fenced(each.failure)}" for each in ran if each.failure
    )


def listed(names: Sequence[str]) -> str:
    """Return names as one enumeration."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
