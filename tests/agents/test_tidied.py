from bot.agents.tidied import Ran, body, code, fenced, nothing, title

CHECK = Ran(
    name="ruff check",
    command="ruff check --fix .",
    version="`ruff 1.0`",
    changed=True,
    findings=("a.py:1:1: F821 Undefined name `x`",),
)
FORMAT = Ran(name="ruff format", command="ruff format .", version="`ruff 1.0`", changed=True)
IDLE = Ran(name="isort", command="isort .")

WHOLE = """\
**What ran**

| command | version |
| --- | --- |
| `ruff check --fix .` | `ruff 1.0` |
| `ruff format .` | `ruff 1.0` |

**What is left, without an automatic fix: 1**

```text
a.py:1:1: F821 Undefined name `x`
```

Configured here, but not available to the run: `black`.
"""


def test_the_whole_text_of_a_pull_request():
    assert body([CHECK, FORMAT], ["black"]) == WHOLE


def test_the_title_names_what_changed_files():
    assert title([CHECK, IDLE, FORMAT]) == "Apply ruff check and ruff format"
    assert title([IDLE, FORMAT]) == "Apply ruff format"


def test_a_title_is_never_left_without_an_end():
    failed = Ran(name="black", command="black .", failure="error: cannot parse a.py")
    assert title([failed]) == title([]) == "Apply automatic fixes"


def test_nothing_is_left_is_said_plainly():
    text = body([FORMAT], [])
    assert "**What is left:** nothing that these tools report." in text


def test_a_tool_that_failed_is_told_and_not_in_the_title():
    failed = Ran(name="black", command="black .", failure="error: cannot parse a.py")
    assert title([failed, FORMAT]) == "Apply ruff format"
    assert "**black failed**" in body([failed, FORMAT], [])


def test_no_name_of_a_file_and_no_finding_can_leave_its_place():
    assert code("a|b`c\n# x") == "`a\\|b'c\ufffd# x`"
    assert fenced("```\n@everyone").startswith("````text\n")


def test_why_there_is_no_pull_request():
    assert nothing([], []) == "This repository configures no formatter or linter that I know."
    assert nothing([IDLE], []) == "isort changed no file."
    assert "1 findings are left" in nothing([CHECK], [])


def test_many_findings_are_folded_away():
    many = Ran(name="x", command="x", findings=tuple(f"a.py:{line}: X" for line in range(60)))
    text = body([many], [])
    assert "<details><summary>What is left, without an automatic fix: 60</summary>" in text
    assert text.count("a.py:") == 50
    assert "and 10 more\n\n</details>" in text
