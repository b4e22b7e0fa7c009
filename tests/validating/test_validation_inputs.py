"""A validation that names its inputs sees these and nothing else."""

from bot.model.inside import MIRROR
from bot.model.validations import Definition
from tests.validating.conftest import FIRST
from tests.validating.whole import in_folder

LOOK = f"find . | sort | tr '\\n' ' '; cat src/a.py; ls {MIRROR} .git; git log; true"


async def ended(gateway, launched):
    async with gateway:
        await launched(gateway)
        return await gateway.verdict()


async def test_it_sees_its_inputs_as_they_were_changed_and_no_other_file(validation, launched):
    gateway = validation(LOOK, inputs=("src/**", "new"))
    assert (await ended(gateway, launched))["exit"] == 0
    assert gateway.output.startswith(". ./new ./src ./src/a.py x=2\n")


async def test_nothing_tells_it_of_other_files_by_way_of_git(validation, launched):
    gateway = validation(LOOK, inputs=("src/**",))
    await ended(gateway, launched)
    assert f"cannot access '{MIRROR}'" in gateway.output
    assert "cannot access '.git'" in gateway.output
    assert "not a git repository" in gateway.output


async def test_what_an_agent_adds_beside_the_inputs_has_no_say(validation, launched, made):
    work = made({"sitecustomize.py": "print('mine')\n", ".env": "PASS=1\n", "README": None})
    gateway = validation("ls -A; python3 -c 'print(1)'", work, inputs=("src/*.py",))
    assert (await ended(gateway, launched))["exit"] == 0
    assert gateway.output == "src\n1\n"


async def test_inputs_that_there_are_none_of_leave_an_empty_workspace(validation, launched):
    gateway = validation("ls -A | wc -l", inputs=("none/**",))
    assert (await ended(gateway, launched))["exit"] == 0
    assert gateway.output == "0\n"


async def test_an_agent_that_changes_other_files_is_answered_at_once(tmp_path):
    files = {"src/a.sh": "echo one\n", "README": "hello\n"}
    unit = Definition(name="unit", run="sh src/a.sh; ls", inputs=("src/**",))
    async with in_folder(tmp_path, (FIRST + 50, FIRST + 99), unit) as place:
        log = await place.ends(
            "echo new > README; greenroom validate unit;"
            "echo newer > README; greenroom validate unit;"
            "echo echo two > src/a.sh; greenroom validate unit",
            files,
        )
    told = [line for line in log.splitlines() if line in {"one", "two"} or "passed" in line]
    assert [line.split(" (")[0] for line in told] == [
        *("one", "unit: passed", "unit: passed", "two", "unit: passed")
    ]
    assert [", known" in line for line in told if "passed" in line] == [False, True, False]
