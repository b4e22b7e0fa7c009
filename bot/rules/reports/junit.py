"""JUnit's XML, the report that every test runner can write.

There is no standard, only what all of them write: suites in suites, a `testcase` for each test,
and in it a `failure` or an `error` where it failed.  https://github.com/testmoapp/junitxml

It is the tree's own text, so it may be an attack.  A document type is refused before anything in
it is read: without one there are no entities, so nothing grows and nothing is fetched.
"""

from collections.abc import Mapping
from xml.parsers.expat import ExpatError, ParserCreate

from bot.rules.reports.base import Failing, Tests, unreadable

ROOTS = frozenset({"testsuites", "testsuite"})
FAILED = frozenset({"failure", "error"})
CASE, SKIPPED = "testcase", "skipped"

MOST_ELEMENTS = 500_000
"""Elements of a report, and a second of reading them."""

DEEPEST = 100
"""Elements that stand in each other."""


def read(report: bytes) -> Tests:
    """Read a report, in a time that grows with its size alone.

    Raises:
        Refused: it is none, or one that is not to be read.
    """
    reading = _Reading()
    parser = ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler = reading.begin
    parser.EndElementHandler = reading.end
    try:
        parser.Parse(report, True)  # noqa: FBT003 - it takes no keywords
    except (ExpatError, LookupError, ValueError) as problem:  # the latter two: of its encoding
        raise unreadable("is not XML that can be read") from problem
    return Tests(ran=reading.ran, failing=reading.failing)


def _refuse_document_type(*_about: object) -> None:
    raise unreadable("has a document type, which is not read")


class _Reading:
    """A report as far as it was read."""

    def __init__(self) -> None:
        self.ran = 0
        self.failing: list[Failing] = []
        self._elements = 0
        self._open: list[str] = []
        self._name = ""
        self._failed: str | None = None
        self._skipped = False

    def begin(self, element: str, attributes: Mapping[str, str]) -> None:
        """Take note of an element."""
        self._elements += 1
        above = self._open[-1] if self._open else None
        local = element.rpartition(":")[2]
        if above is None and local not in ROOTS:
            raise unreadable("is XML, but not JUnit's")
        if self._elements > MOST_ELEMENTS or len(self._open) == DEEPEST:
            raise unreadable("has too many elements, or too many in each other")
        self._open.append(local)
        if local == CASE:
            self._name, self._failed, self._skipped = _named(attributes), None, False
        elif above == CASE and local in FAILED:
            self._failed = self._failed or attributes.get("message", "")
        elif above == CASE and local == SKIPPED:
            self._skipped = True

    def end(self, _element: str) -> None:
        """Count a test that has been told of whole."""
        if self._open.pop() != CASE:
            return
        self.ran += not self._skipped or self._failed is not None
        if self._failed is not None:
            self.failing.append(Failing(name=self._name, said=self._failed))


def _named(attributes: Mapping[str, str]) -> str:
    """Name a test with its class, or file, unless its own name begins so."""
    name, within = attributes.get("name", ""), attributes.get("classname", "")
    return name if name.startswith(within) else f"{within}.{name}".strip(".")
