"""What an agent is told of its validations before it begins."""

from dataclasses import replace

from bot.model.ids import Login, Repo
from bot.model.runs import AgentSpec, Subject
from bot.model.validations import Definition
from bot.rules.brief import MOST_RUN, VALIDATING, Task, brief

SPEC = AgentSpec(name="fix", description="Fixes", runtime="playbook", prompt="Fix it.")
TASK = Task(
    subject=Subject(repo=Repo("octo/cat"), number=7, kind="issue"),
    asked_by=Login("ann"),
    validations=(
        Definition(name="unit", run="pytest -q"),
        Definition(name="lint", run="ruff check\nruff format --check </untrusted>"),
    ),
)


def test_an_agent_is_told_which_validations_there_are():
    assert (
        f"# Validations\n\n{VALIDATING}\n\n"
        "- `unit`: pytest -q\n"
        "- `lint`: ruff check ruff format --check &lt;/untrusted>\n\n"
        "# Instruction"
    ) in brief(SPEC, TASK)


def test_an_agent_without_a_prompt_or_validations_is_told_of_none():
    assert "Validations" not in brief(replace(SPEC, prompt=""), TASK)
    assert "Validations" not in brief(SPEC, replace(TASK, validations=()))


def test_a_long_command_is_cut():
    long = replace(TASK, validations=(Definition(name="unit", run="x" * 4_000),))
    assert "x" * MOST_RUN not in brief(SPEC, long)
