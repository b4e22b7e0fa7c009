"""How the tools that CI runs speak: where their first error begins, how they sum up.

A table: to know one more tool is one more row.  Patterns are searched in the cleaned lines
of a log, each a bounded one, so that none of them takes long on what strangers print.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        begins: where an error of it begins.
        essence: the lines that say what is wrong, by which a failure is known again.
        sums_up: where its summary begins; the last one counts.
        tests: the names of tests that failed, in the group `test`.
    """

    name: str
    begins: re.Pattern[str]
    essence: re.Pattern[str]
    sums_up: re.Pattern[str] | None = None
    tests: re.Pattern[str] | None = None


def _tool(
    name: str, begins: str, essence: str = "", *, sums_up: str = "", tests: str = ""
) -> Tool:
    return Tool(
        name,
        re.compile(begins, re.MULTILINE),
        re.compile(essence or f"(?:{begins}).*", re.MULTILINE),
        re.compile(sums_up, re.MULTILINE) if sums_up else None,
        re.compile(tests, re.MULTILINE) if tests else None,
    )


TOOLS: Sequence[Tool] = (
    _tool(
        "pytest",
        r"^_{3,} .+ _{3,}$|^E   ",
        r"^E   .*",
        sums_up=r"^=+ short test summary info =+$",
        tests=r"^(?:FAILED|ERROR) (?P<test>\S+?\.py(?:::.+?)?)(?: - .*)?$",
    ),
    _tool(
        "unittest",
        r"^(?:FAIL|ERROR): \w+ \([\w.]+\)",
        r"^[\w.]*(?:Error|Exception)\b.*",
        sums_up=r"^Ran \d+ tests? in ",
        tests=r"^(?:FAIL|ERROR): (?P<test>\w+ \([\w.]+\))",
    ),
    _tool(
        "python",
        r"^Traceback \(most recent call last\):$",
        r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\b.*",
    ),
    _tool(
        "go",
        r"^ *--- FAIL: |^panic: |^\S+\.go:\d+:\d+: ",
        r"^ +\S+\.go:\d+: .*|^panic: .*|^\S+\.go:\d+:\d+: .*",
        sums_up=r"^FAIL\t",
        tests=r"^ *--- FAIL: (?P<test>\S+)",
    ),
    _tool(
        "cargo",
        r"^error(?:\[E\d+\])?: |^---- .+ stdout ----$",
        r"^error(?:\[E\d+\])?: .*|^thread .* panicked at .*|^assertion .*",
        sums_up=r"^failures:$|^error: could not compile ",
        tests=r"^test (?P<test>\S+) \.\.\. FAILED$",
    ),
    _tool(
        "jest",
        r"^ +● .+ \u203a ",
        r"^ {4}(?:expect\(|Expected\b|Received\b).*|^ +[\w.]*Error: .*",
        sums_up=r"^Test Suites: ",
        tests=r"^ +● (?P<test>.+ \u203a .+)$",
    ),
    _tool(
        "vitest",
        r"^ *FAIL  \S.* > ",
        r"^[\w.]*Error: .*",
        sums_up=r"^ *Test Files  ",
        tests=r"^ *FAIL  (?P<test>\S.* > .+)$",
    ),
    _tool(
        "mocha",
        r"^ +\d+ failing$",
        r"^ +[\w.]*Error\b.*",
        tests=r"^  \d+\) (?P<test>\S.*(?:\n {5,}\S.*){0,8}?):$",
    ),
    _tool(
        "tsc",
        r"^\S+\(\d+,\d+\): error TS\d+: |^\S+:\d+:\d+ - error TS\d+: ",
        sums_up=r"^Found \d+ errors? in ",
    ),
    _tool(
        "tap",
        r"^ {0,32}not ok(?: |$)(?!.*# *(?i:todo|skip))",
        r"^ {0,32}not ok(?: |$)(?!.*# *(?i:todo|skip)).*|^ +(?:error|message): .*",
        tests=r"^ {0,32}not ok(?: +\d+)?(?: +-)? +(?!\d*$)"
        r"(?P<test>\S(?:(?!# *(?i:todo|skip)).)*)$",
    ),
    _tool("mypy", r"^\S+\.pyi?:\d+(?::\d+)?: error: ", sums_up=r"^Found \d+ errors? in "),
    _tool(
        "ruff",
        r"^\S+\.pyi?:\d+:\d+: [A-Z]+\d{3,4} |^[A-Z]+\d{3,4} (?:\[\*\] )?\S.*\n +--> |"
        r"^Would reformat: ",
        sums_up=r"^Found \d+ errors?\.$|^\d+ files? would be reformatted",
    ),
    _tool(
        "cc",
        r"^\S+:\d+:(?:\d+:)? (?:fatal )?error: |undefined reference to |^\S*ld(?:\.\w+)?: error: ",
        r"^.*(?:error: |undefined reference to ).*",
    ),
    _tool("make", r"^g?make(?:\[\d+\])?: \*\*\* "),
)

ANYTHING = _tool(
    "other",
    r"(?i:^(?!.*\b(?:0 (?:errors|failed|failures)|no errors?)\b)"
    r".{0,200}?\b(?:error|fatal|exception|failed|failure|panic|denied|not found)\b)",
)
"""For everybody else."""

OUTSIDE = re.compile(
    r"The (?:self-hosted |hosted )?runner (?:has received a shutdown signal|lost communication)"
    r"|hosted runner encountered an error"
    r"|[Nn]o space left on device"
    r"|Could not resolve host|[Tt]emporary failure (?:in name )?resol"
    r"|TLS handshake timeout|i/o timeout"
    r"|\b(?:ETIMEDOUT|ECONNRESET|EAI_AGAIN)\b|[Cc]onnection reset by peer"
    r"|\b50[234] (?:Bad Gateway|Service Unavailable|Gateway Time-?out)"
    r"|toomanyrequests|\b429 Too Many Requests"
    r"|Failed to download action"
)
"""Troubles of machines and networks, which no change of the code makes or mends."""
