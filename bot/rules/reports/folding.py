"""The verdict on a tree: what the command's exit says, and what its report adds.

The exit status decides.  A report only makes it worse: a command that ends well although tests
of its have failed, as with `|| true`, has not passed.  What cannot be read changes no verdict
and is said.
"""

from collections.abc import Sequence

from bot.model.errors import Refused
from bot.model.validations import MOST_REPORT, Definition, Outcome, Verdict
from bot.rules.causes import MOST_WORDS
from bot.rules.credentials import without_secrets
from bot.rules.digest import MOST_TEST, MOST_TESTS, Failure, digest
from bot.rules.dockerfiles import MOST_LACKS
from bot.rules.endings import KILLED
from bot.rules.logs import ends
from bot.rules.markdown import clip
from bot.rules.reports import junit, tap
from bot.rules.reports.base import Ended, Tests, unreadable
from bot.rules.reports.images import built
from bot.rules.visible import shown

BY_SIGNAL = 128
"""What a shell adds to the number of the signal that ended its command.

https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02
"""

NOT_FOUND = 127
"""A shell's exit status for a command that is not there; the same page."""

XML = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe", b"\xfe\xff")
"""How XML begins, also in UTF-16."""

STOPPED = "It was stopped before it ended."
OUTSIDE = "Something outside of it killed it: most often it wants more memory than it may have."
NO_COMMAND = "The shell found no such command: a toolbox may be missing."
NO_REPORT = "It left no report that may be read."
ALTHOUGH = "It ended with exit status 0, and tests of it have failed."


def verdict(definition: Definition, ended: Ended) -> Verdict:
    """Fold what is known of a validation that has ended.

    It may take three seconds, with the largest of reports: call it in a thread.
    """
    if ended.cause == "timeout":
        words = f"It ran longer than the {definition.seconds} s that it may."
        return _unfinished("timeout", definition, ended, words)
    if words := _broken(ended):
        return _unfinished("broken", definition, ended, words)
    tests, trouble = _reported(definition, ended)
    if ended.exit == 0 and not tests.failing and not tests.trouble:
        words = _together(built(ended.built, definition.bases), trouble)
        return _verdict("passed", ended, ran=tests.ran, words=words)
    return _failed(definition, ended, tests, trouble)


def _broken(ended: Ended) -> str:
    """Say why nobody can blame the tree; nothing where the command has come to its own end."""
    if ended.words:
        return _line(ended.words, MOST_WORDS)
    if ended.cause != "exited" or (ended.exit is None and ended.signal is None):
        return STOPPED
    return OUTSIDE if KILLED in {ended.signal, (ended.exit or 0) - BY_SIGNAL} else ""


def _unfinished(outcome: Outcome, definition: Definition, ended: Ended, words: str) -> Verdict:
    _, excerpt = _printed(definition, ended)
    return _verdict(outcome, ended, excerpt=excerpt, words=words)


def _failed(definition: Definition, ended: Ended, tests: Tests, trouble: str) -> Verdict:
    names, excerpt = _printed(definition, ended)
    if tests.failing:
        names = [each.name for each in tests.failing]
        excerpt = excerpt or "\n".join(_lines(tests))
    return _verdict(
        "failed",
        ended,
        ran=tests.ran,
        failing=_named(names),
        excerpt=excerpt,
        words=_together(
            _why(ended, names), _line(ended.lacks, MOST_LACKS), tests.trouble, trouble
        ),
    )


def _verdict(  # noqa: PLR0913 - each is a part of it
    outcome: Outcome,
    ended: Ended,
    *,
    ran: int | None = None,
    failing: Sequence[str] = (),
    excerpt: str = "",
    words: str = "",
) -> Verdict:
    return Verdict(
        outcome=outcome,
        exit=ended.exit,
        seconds=ended.seconds,
        tests=ran,
        failing=tuple(failing),
        excerpt=excerpt,
        words=words,
    )


def _reported(definition: Definition, ended: Ended) -> tuple[Tests, str]:
    """Read the report that a definition names; why it cannot be read comes in words."""
    if definition.report is None:
        return Tests(), ""
    if ended.report is None:
        return Tests(), NO_REPORT
    try:
        return _read(ended.report), ""
    except Refused as refusal:
        return Tests(), refusal.words


def _read(report: bytes) -> Tests:
    if len(report) > MOST_REPORT:
        raise unreadable(f"has more than {MOST_REPORT:,} bytes")
    if report.lstrip().startswith(XML):
        return junit.read(report)
    return tap.read(report.decode("utf-8", "replace"))


def _printed(definition: Definition, ended: Ended) -> tuple[Sequence[str], str]:
    """Return the failing tests that are told of in what was printed, and what matters of it."""
    log = ends(ended.log) if ended.log else None
    told = digest(Failure(name=definition.name, word="failure", log=log))
    return told.tests, told.excerpt


def _lines(tests: Tests) -> Sequence[str]:
    told = [f"{each.name}: {each.said}" for each in tests.failing[:MOST_TESTS] if each.said]
    return [_line(each, 2 * MOST_TEST) for each in told]


def _named(names: Sequence[str]) -> Sequence[str]:
    return list(dict.fromkeys(_line(each, MOST_TEST) or "?" for each in names[:MOST_TESTS]))


def _together(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _line(text: str, most: int) -> str:
    """Make one line of others' text that hides nothing and holds no credential."""
    return shown(clip(without_secrets(clip(text, 8 * most)), most))


def _why(ended: Ended, names: Sequence[str]) -> str:
    """Say what neither the outcome nor the failing tests say."""
    if ended.signal is not None:
        return f"It was ended by signal {ended.signal}."
    if ended.exit == 0 and names:
        return ALTHOUGH
    if ended.exit == NOT_FOUND and not names:
        return NO_COMMAND
    return f"{len(names):,} tests have failed." if len(names) > MOST_TESTS else ""
