"""The settings of a file: what each may be, and what is said of one that it may not be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.agents import Allow
from bot.rules.complaints import check, schema
from bot.rules.configfile import Node, compose
from bot.rules.configmodel import ConfigFile
from bot.rules.configwords import Seconds, Time, Who

IMAGE = f"registry.example/tools/python@sha256:{'0' * 64}"


def read(text: str) -> ConfigFile:
    node, _ = compose("a.yml", text)
    file, mistakes = check(node, ConfigFile)
    assert not mistakes
    return file


def wrong(text: str) -> tuple[int, str, str]:
    node, _ = compose("a.yml", text)
    file, mistakes = check(node, ConfigFile)
    assert file is None
    (mistake,) = mistakes
    return mistake.line, mistake.words, mistake.remedy


def test_everything_can_be_said():
    file = read(f"""
        version: 1
        commands: {{prefix: bot, bare: true}}
        limits:
          runs: {{concurrent: 1, per_day: 2}}
          cost: {{per_run: 1, per_day: 2.50}}
          time: {{job: 1h, parked: 2d}}
          handoffs: 0
        protect: [".github/**", docs/]
        ci: auto
        bots: [dependabot]
        commits: {{sign_off: true, signed: true}}
        pull_requests: {{draft: true}}
        setup: {{run: make, inputs: [Makefile], egress: [packages.example.com]}}
        toolboxes: {{python: {{image: "{IMAGE}"}}}}
        validations:
          unit: {{run: pytest, toolboxes: [python], report: out/report.xml, timeout: 10m}}
          lint: {{run: make, image: "{IMAGE}", class: plain, inputs: [src/], egress: [a.example]}}
        classes: [plain]
        egress: {{allow: ["*.example.com"]}}
        agents: {{fix: {{enabled: false}}, tidy: {{allow: [write, team:acme/bots]}}}}
        enforce: [limits.runs, agents.fix]
        include: [greenroom/more.yml]
    """)
    assert (file.limits.time.job, file.limits.time.parked) == (3600, 2 * 86_400)
    assert file.limits.cost.per_run == 1
    assert (
        file.validations["unit"].runner_class == file.validations["lint"].runner_class == "plain"
    )
    assert file.agents["tidy"].allow == Allow(role="write", teams=("acme/bots",))


@pytest.mark.parametrize(
    ("text", "words", "remedy"),
    [
        ("comands: {}", "There is no setting `comands`.", "Write `commands`."),
        (
            "commits: {zzz: 1}",
            "There is no setting `zzz` in `commits`.",
            "There are: `sign_off`, `signed`.",
        ),
        (
            "commands: {bare: yes}",
            "`commands.bare` is the text `yes`, and is to be `true` or `false`.",
            "Write for example `bare: true`.",
        ),
        (
            "commands: {prefix: 3}",
            "`commands.prefix`: the number 3 is not a word of commands.",
            "Write it like `gr`.",
        ),
        (
            f"commands: {{prefix: {'a' * 21}}}",
            f"`commands.prefix`: `{'a' * 21}` is not a word of commands of up to 20 characters.",
            "Write it like `gr`.",
        ),
        (
            "limits: {runs: {concurrent: 0}}",
            "`limits.runs.concurrent` is the number 0, and is to be a number from 1 on.",
            "Write for example `concurrent: 3`.",
        ),
        (
            "limits: {runs: {per_day: 1000000}}",
            "`limits.runs.per_day` is the number 1000000, and is to be a number up to 100000.",
            "Write for example `per_day: 50`.",
        ),
        (
            "limits: {runs: {per_day: 1.5}}",
            "`limits.runs.per_day` is the number 1.5, and is to be a whole number.",
            "Write for example `per_day: 50`.",
        ),
        (
            "limits: {cost: {per_run: free}}",
            "`limits.cost.per_run` is the text `free`, and is to be a number.",
            "Write for example `per_run: 5.0`.",
        ),
        (
            "limits: {cost: {per_run: 1e999}}",
            "`limits.cost.per_run` is the number inf, and is to be a number.",
            "Write for example `per_run: 5.0`.",
        ),
        (
            "limits: {time: {job: 30}}",
            "`limits.time.job`: the number 30 is no length of time.",
            "Write a number with its unit, s, m, h or d, such as `30m`.",
        ),
        (
            "limits: {time: {job: 3d}}",
            "`limits.time.job`: `3d` is too short or too long.",
            "Write something from `1m` to `6h`.",
        ),
        (
            "limits:",
            "`limits` is nothing, and is to be a mapping, with lines of `key: value`.",
            'Write for example `limits: {"runs": {"concurrent": 3}}`.',
        ),
        (
            "[a]",
            "`the file` is a list, and is to be a mapping, with lines of `key: value`.",
            'Write for example `- {"version": 1}`.',
        ),
        (
            "toolboxes: [a]",
            "`toolboxes` is a list, and is to be a mapping, with lines of `key: value`.",
            f'Write for example `toolboxes: {{"python": {{"image": "{IMAGE}"}}}}`.',
        ),
        (
            "protect: .github",
            "`protect` is the text `.github`, and is to be a list.",
            'Write for example `protect: [".github/**"]`.',
        ),
        (
            "protect: [a, ../b]",
            "`protect[1]`: `../b` is not a pattern of paths.",
            "Write it like `docs/**`.",
        ),
        (
            f"protect: [{'a, ' * 101}]",
            "`protect` is a list, and is to be at most 100 entries.",
            'Write for example `protect: [".github/**"]`.',
        ),
        (
            "version: 2",
            "`version` is the number 2, and is to be 1.",
            "Write for example `version: 1`.",
        ),
        ("ci: atuo", "`ci`: `atuo` is none of the ways to start CI.", "Write `auto`."),
        (
            "ci: [x]",
            "`ci`: a list is none of the ways to start CI.",
            "There are: `approve`, `auto`.",
        ),
        (
            'bots: ["dependabot[bot]"]',
            "`bots[0]`: `dependabot[bot]` is not an app's slug, without `[bot]`.",
            "Write it like `dependabot`.",
        ),
        (
            "setup: {}",
            "`setup.run` is missing.",
            'Write for example `run: "pip install -e .[test]"`.',
        ),
        (
            "toolboxes: {python: {image: 'python:3.12'}}",
            "`toolboxes.python.image`: `python:3.12` is not an image by its digest.",
            f"Write it like `{IMAGE}`.",
        ),
        (
            f"toolboxes: {{Py: {{image: '{IMAGE}'}}}}",
            "`toolboxes.Py`: `Py` is not a name in lower-case letters, digits and hyphens.",
            "Write it like `unit-tests`.",
        ),
        (
            "validations: {unit: {run: ' '}}",
            "`validations.unit.run`: `` is not a command.",
            "Write it like `pytest -q`.",
        ),
        (
            "egress: {allow: ['https://a.de/']}",
            "`egress.allow[0]`: `https://a.de/` is not a host's name, without scheme and path.",
            "Write it like `packages.example.com`.",
        ),
        (
            "agents: {fix: {allow: []}}",
            "`agents.fix.allow`: a list does not say who.",
            "Write a role, such as `write`, or a list.",
        ),
        (
            "agents: {fix: {allow: [read, write]}}",
            "`agents.fix.allow`: a list names more than one role.",
            "Name one role: it stands for more too.",
        ),
        (
            "agents: {fix: {allow: 'team:acme'}}",
            "`agents.fix.allow`: `team:acme` names no team.",
            "Write it like `team:acme/reviewers`.",
        ),
        (
            "agents: {fix: {allow: None}}",
            "`agents.fix.allow`: `None` is no role.",
            "Write `read`, `triage`, `write`, `maintain` or `admin`.",
        ),
        (
            "agents: {fix: {allow: Write}}",
            "`agents.fix.allow`: `Write` is not as GitHub writes it.",
            "Write `write`.",
        ),
        (
            "include: [other.yml]",
            "`include[0]`: `other.yml` is not a file of `.github/greenroom/`, from `.github/` on.",
            "Write it like `greenroom/limits.yml`.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_what_stands_there_and_what_to_write(text, words, remedy):
    assert wrong(text) == (1, words, remedy)


def test_a_mistake_has_the_line_of_its_key_or_entry():
    node, _ = compose("a.yml", "protect:\n  - a\n  - ../b\nlimits:\n  runs:\n    concurrent: 0\n")
    assert [each.line for each in check(node, ConfigFile)[1]] == [6, 3]


def test_a_key_may_look_like_a_mark_of_pydantic():
    for text in ("'[key]': 1", "commits: {'[key]': 1}", "agents: {'[key]': {'[key]': 1}}"):
        node, _ = compose("a.yml", text)
        assert check(node, ConfigFile)[1]


def test_all_mistakes_are_told_at_once():
    node, _ = compose("a.yml", "a: 1\nb: 2\nci: 3\nversion: 4")
    assert len(check(node, ConfigFile)[1]) == 4


def test_a_length_of_time_is_shown_as_it_is_written():
    assert [str(Seconds(each)) for each in (90, 60, 7200, 86_400)] == ["90s", "1m", "2h", "1d"]
    assert Time(least=Seconds(1), most=Seconds(3600)).read(Seconds(60)) == 60
    assert Who().read(Allow()) == Allow()


@pytest.mark.parametrize("role", ["write", "admin", "Release Manager"])
def test_a_role_may_be_a_custom_one(role):
    assert read(f"agents: {{fix: {{allow: {role}}}}}").agents["fix"].allow == Allow(role=role)


def test_teams_without_a_role_are_the_only_ones():
    said = read("agents: {fix: {allow: ['team:acme/a', 'team:acme/b']}}").agents["fix"].allow
    assert said == Allow(role="", teams=("acme/a", "acme/b"))


ENTRIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*schema(ConfigFile)["properties"], "runs", "run", "allow", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def placed(value: object) -> Node:
    if isinstance(value, dict):
        inner = {key: placed(each) for key, each in value.items()}
        return Node(path="a", line=1, value=inner, keys=dict.fromkeys(inner, 1))
    whole = tuple(map(placed, value)) if isinstance(value, list) else value
    return Node(path="a", line=1, value=whole)


@given(st.dictionaries(st.sampled_from([*schema(ConfigFile)["properties"], "x"]), ENTRIES))
def test_whatever_stands_there_is_taken_or_told(value):
    file, mistakes = check(placed(value), ConfigFile)
    assert bool(mistakes) == (file is None)
    assert all(each.words and each.remedy for each in mistakes)
