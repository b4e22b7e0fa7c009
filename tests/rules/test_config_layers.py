"""Files of a layer together, and a repository's layer over its organization's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.agents import BUILT_IN, FALLBACK
from bot.rules.configwords import Seconds
from bot.rules.precedence import TIGHTER
from bot.rules.repoconfig import Allow, Config, Layer, effective, label_of, mistakes

SETTINGS = ".github/greenroom.yml"


def layer(text: str = "", where: str = "acme/app", **files: str) -> Layer:
    """Make a layer; `more` is the included file, other names are agents'."""
    paths = {
        name: f".github/greenroom/{name}.yml" if name.startswith("more") else agent_path(name)
        for name in files
    }
    return Layer(where=where, files={SETTINGS: text} | {paths[n]: files[n] for n in files})


def org(text: str = "", **files: str) -> Layer:
    return layer(text, "acme/.github", **files)


def agent_path(name: str) -> str:
    return f".github/agents/{name}.md"


def agent(on: str, runtime: str = "playbook") -> str:
    return f"---\ndescription: Own\ngreenroom:\n  runtime: {runtime}\n  on: {on}\n---\nDo it."


def told(given: Layer) -> list[tuple[str, int, str]]:
    found = mistakes(given)
    assert all(each.remedy for each in found)
    return [(each.path.removeprefix(".github/"), each.line, each.words) for each in found]


def idle(config: Config) -> list[tuple[int, str, str]]:
    return [(each.line, each.words, each.remedy) for each in config.overruled]


def test_without_files_the_defaults_are_in_force():
    config = effective(None, None)
    assert (
        config == effective(layer(), None, layer()) == effective(None, Layer(where="", files={}))
    )
    assert config.agents.keys() == BUILT_IN.keys()
    assert set(config.origins.values()) == {"defaults"}
    assert label_of("tidy") == config.agents["tidy"].on.label


def test_the_operator_says_what_runs_the_agents_that_do_not_mind():
    assert effective(None, None).runtime == FALLBACK
    assert effective(None, None, runtime="command").runtime == "command"


def test_a_repository_lies_over_its_organization_setting_by_setting():
    config = effective(
        org("limits: {runs: {concurrent: 5, per_day: 9}}\nprotect: [a]\nbots: [renovate]"),
        layer("limits: {runs: {concurrent: 7}}\nprotect: [b]"),
    )
    assert (config.limits.runs.concurrent, config.limits.runs.per_day) == (7, 9)
    assert (config.protect, config.bots) == (("b",), ("renovate",))
    assert config.origins["limits.runs.concurrent"] == config.origins["protect"] == "acme/app"
    assert config.origins["limits.runs.per_day"] == "acme/.github"
    assert config.origins["limits.time.job"] == "defaults"


def test_what_is_named_is_taken_as_a_whole():
    config = effective(
        org("validations: {a: {run: x, timeout: 5m}, b: {run: y}}\nsetup: {run: s, inputs: [f]}"),
        layer("validations: {a: {run: z}}\nsetup: {run: t}\ntoolboxes: {}"),
    )
    assert [each.run for each in config.validations.values()] == ["z", "y"]
    assert config.validations["a"].timeout == Seconds(600)
    assert config.setup.inputs == ()
    assert config.origins["validations.a"] == config.origins["setup"] == "acme/app"
    assert config.origins["validations.b"] == "acme/.github"
    assert "validations" not in config.origins


def test_a_setting_can_be_taken_back():
    assert effective(org("setup: {run: s}"), layer("setup:")).setup is None


def test_a_layer_with_mistakes_counts_as_absent():
    config = effective(org("ci: x"), layer("ci: auto"), layer("enforce: [ci]", "operator"))
    assert (config.ci, config.enforced) == ("approve", ("ci",))
    assert effective(None, layer("ci: x\ncommits: {signed: true}")) == effective(None, None)


def test_the_floor_stands_in_only_where_there_is_no_organization():
    floor = layer("enforce: [ci]\nbots: [x]", "operator")
    assert effective(None, layer("ci: auto"), floor).ci == "approve"
    assert effective(None, None, floor).origins["bots"] == "operator"
    assert effective(org("bots: [y]"), layer("ci: auto"), floor).ci == "auto"


ENFORCED = org("""
enforce: [limits, protect, bots, egress.allow, ci, commands, commits, pull_requests, agents.fix]
limits: {runs: {concurrent: 2}}
protect: [a, b]
bots: [renovate, dependabot]
egress: {allow: [a.example, b.example, "*.c.example"]}
""")


@pytest.mark.parametrize(
    ("text", "name", "instead"),
    [
        ("limits: {runs: {concurrent: 3}}", "limits.runs.concurrent", " a smaller one"),
        ("limits: {time: {parked: 20d}}", "limits.time.parked", " a smaller one"),
        ("protect: [a, c]", "protect", " a list that holds all of it"),
        ("bots: [renovate, other]", "bots", " a part of it"),
        ("egress: {allow: [c.example]}", "egress.allow", " a part of it"),
        ("egress: {allow: ['*.a.example']}", "egress.allow", " a part of it"),
        ("ci: auto", "ci", " `approve`"),
        ("commands: {bare: true}", "commands.bare", " `false`"),
        ("commands: {prefix: bot}", "commands.prefix", ""),
        ("agents: {fix: {allow: read}}", "agents.fix.allow", ""),
    ],
)
def test_what_is_enforced_is_not_loosened(text, name, instead):
    config = effective(ENFORCED, layer(f"# mine\n{text}"))
    remedy = f"Take it out, or write{instead}." if instead else "Take it out."
    words = f"`{name}` has no effect here: acme/.github enforces its own."
    assert idle(config) == [(2, words, remedy)]
    plain = effective(ENFORCED, None)
    assert (config.limits, config.protect, config.agents) == (
        plain.limits,
        plain.protect,
        plain.agents,
    )
    assert config.origins == plain.origins


@pytest.mark.parametrize(
    "text",
    [
        "limits: {runs: {concurrent: 1}, time: {job: 5m}, cost: {per_day: 0}}",
        "protect: [b, a, c]",
        "bots: [renovate]",
        "egress: {allow: []}",
        "egress: {allow: [x.c.example, '*.y.c.example', a.example]}",
        "ci: approve",
        "commands: {bare: false, prefix: gr}",
        "commits: {sign_off: true, signed: true}",
        "pull_requests: {draft: true}",
        "agents: {fix: {enabled: false}}",
        "limits: {}\nvalidations: {a: {run: x}}",
    ],
)
def test_what_is_enforced_may_be_made_tighter(text):
    assert not effective(ENFORCED, layer(text)).overruled


@pytest.mark.parametrize(("theirs", "own", "kept"), [(9, 8, 8), (9, 10, 9), (9, "~", 9)])
def test_a_limit_is_not_loosened_by_having_none(theirs, own, kept):
    config = effective(
        org(f"enforce: [limits]\nlimits: {{cost: {{org_per_day: {theirs}}}}}"),
        layer(f"limits: {{cost: {{org_per_day: {own}}}}}", "this repository"),
    )
    assert config.limits.cost.org_per_day == kept


def test_a_limit_may_be_set_where_none_is_enforced():
    config = effective(
        org("enforce: [limits]"), layer("limits: {cost: {org_per_day: 8}}", "this repository")
    )
    assert (config.limits.cost.org_per_day, config.overruled) == (8, ())


def test_every_way_to_be_tighter_is_about_a_setting():
    names = {*effective(None, None).origins, "agents.fix.enabled"}
    assert all(any(_fits(rule.settings, name) for name in names) for rule in TIGHTER)


def _fits(pattern: str, name: str) -> bool:
    before, _, after = pattern.partition("*")
    return name.startswith(before) and name.endswith(after)


def test_what_is_enforced_by_its_name_cannot_be_added():
    config = effective(
        org("enforce: [validations.a, setup]"),
        layer("validations: {a: {run: x}}\nsetup: {run: y}\negress: {allow: [a.example]}"),
    )
    assert (config.validations, config.setup) == ({}, None)
    assert [each[0] for each in idle(config)] == [1, 2]


def test_a_repository_defines_agents_of_its_own():
    config = effective(
        org(triage=agent("{label: agent:triage}"), fix=agent("{command: fix}")),
        layer(fix=agent("{label: agent:fix, command: repair}"), mine=agent("{command: mine}")),
    )
    assert list(config.agents) == ["tidy", "fix", "plan", "triage", "mine"]
    assert config.agents["fix"].on.command == "repair"
    assert config.agents["mine"].spec.limits.seconds == 30 * 60
    assert config.origins["agents.fix"] == config.origins["agents.fix.allow"] == "acme/app"
    assert config.origins["agents.triage"] == "acme/.github"


def test_agents_keep_to_the_time_of_the_settings():
    config = effective(None, layer("limits: {time: {job: 20m}}"))
    assert config.agents["tidy"].spec.limits.seconds == 15 * 60
    assert config.agents["fix"].spec.limits.seconds == 20 * 60


def test_settings_give_an_agent_another_brain():
    config = effective(
        org("agents: {fix: {runtime: codex, model: gpt-5.2}, plan: {model: m-1}}"),
        layer("agents: {mine: {runtime: default}, own: {model: m-2}}",
              mine=agent("{command: mine}", "claude\n  model: m-3"),
              own=agent("{command: own}", "command\n  command: [x]")),
    )  # fmt: skip
    brains = {n: (each.usual, each.spec.runtime, each.spec.model)
              for n, each in config.agents.items() if n != "tidy"}  # fmt: skip
    assert brains == {
        "fix": (False, "codex", "gpt-5.2"),
        "plan": (True, FALLBACK, "m-1"),
        "mine": (True, FALLBACK, ""),
        "own": (False, "command", "m-2"),
    }
    assert config.origins["agents.fix.runtime"] == "acme/.github"
    assert not config.overruled


def test_a_model_stays_with_the_runtime_that_it_was_named_for():
    mine = agent("{command: mine}", "claude\n  model: m-3")
    same = effective(None, layer("agents: {mine: {runtime: claude}}", mine=mine))
    assert same.agents["mine"].spec.model == "m-3"


@pytest.mark.parametrize(
    ("text", "setting", "why"),
    [
        ("tidy: {runtime: codex, model: m}", "agents.tidy.runtime", "it is a command of its own"),
        (
            "fix: {runtime: playbook, model: m}",
            "agents.fix.model",
            "the runtime `playbook` uses none",
        ),
    ],
)
def test_a_brain_that_an_agent_cannot_have_has_no_effect(text, setting, why):
    config = effective(None, layer(f"\nagents: {{{text}}}"))
    assert idle(config) == [(2, f"`{setting}` has no effect: {why}.", "Take it out.")]
    assert config.agents == effective(None, None).agents


@pytest.mark.parametrize("enforced", ["agents.fix", "agents.fix.runtime", "agents.*.runtime"])
def test_the_brain_of_an_agent_may_be_the_organization_s_to_choose(enforced):
    settings = f"enforce: [{enforced}]\nagents: {{fix: {{runtime: claude}}}}"
    config = effective(
        org(settings),
        layer("agents: {fix: {runtime: codex}}", fix=agent("{command: fix}")),
    )
    assert config.agents["fix"].spec.runtime == "claude"
    assert [each[1] for each in idle(config)] == [
        "`agents.fix.runtime` has no effect here: acme/.github enforces its own.",
        "The agent `fix` has no effect here: acme/.github enforces its own.",
    ]


def test_agents_are_switched_off_and_narrowed():
    config = effective(
        org("agents: {tidy: {enabled: false}, plan: {enabled: false}, fix: {allow: maintain}}"),
        layer("agents: {tidy: {allow: read}, fxi: {enabled: false}, zz: {}}"),
    )
    assert config.agents.keys() == {"fix"}
    assert config.agents["fix"].allow == Allow(role="maintain")
    assert config.origins["agents.fix.allow"] == "acme/.github"
    assert idle(config) == [
        (1, "There is no agent `fxi`.", "Write `fix`."),
        (1, "There is no agent `zz`.", "Take it out."),
    ]


@pytest.mark.parametrize("enforced", ["agents", "agents.fix"])
def test_an_agent_that_is_enforced_is_not_replaced(enforced):
    config = effective(org(f"enforce: [{enforced}]"), layer(fix=agent("{label: agent:fix}")))
    assert config.agents == effective(None, None).agents
    words = "The agent `fix` has no effect here: acme/.github enforces its own."
    assert idle(config) == [(3, words, "Take the file out, or name your agent otherwise.")]


def test_a_repository_takes_no_label_or_command_of_its_organization():
    config = effective(
        org(deploy=agent("{label: agent:deploy, command: ship}")),
        layer(tidy=agent("\n    label: agent:deploy"), other=agent("{command: ship}")),
    )
    assert config.agents.keys() == {"fix", "plan", "deploy"}
    assert {each[:2] for each in idle(config)} == {
        (5, "The agent `other` is not there: its command is that of `deploy`."),
        (6, "The agent `tidy` is not there: its label is that of `deploy`."),
    }


def test_included_files_lie_below_the_one_that_includes_them():
    given = layer(
        "include: [greenroom/more.yml, greenroom/more2.yml]\nbots: [a]",
        more="bots: [b]\nci: auto\nprotect: [x]\ninclude: [greenroom/more3.yml]",
        more2="protect: [y]",
        more3="ci: approve\ncommits: {signed: true}",
    )
    config = effective(None, given)
    assert not mistakes(given)
    assert (config.bots, config.ci, config.protect) == (("a",), "auto", ("y",))
    assert config.commits.signed


CIRCLE = [f"`.github/greenroom/{name}.yml`" for name in ("more", "more2", "more")]
INCLUDES = "include: [greenroom/{}.yml]".format


@pytest.mark.parametrize(
    ("given", "mistake"),
    [
        (
            layer(f"ci: auto\n{INCLUDES('more')}"),
            ("greenroom.yml", 2, "There is no file `.github/greenroom/more.yml`."),
        ),
        (
            layer(INCLUDES("more"), more=INCLUDES("more2"), more2=f"\n{INCLUDES('more')}"),
            (
                "greenroom/more2.yml",
                2,
                f"The files include each other in a circle: {' includes '.join(CIRCLE)}.",
            ),
        ),
        (
            layer(
                "include:\n  - greenroom/more.yml\n  - greenroom/more2.yml",
                more=INCLUDES("more2"),
                more2="",
            ),
            (
                "greenroom.yml",
                3,
                f"{CIRCLE[1]} is included already in {CIRCLE[0]}, line 1.",
            ),
        ),
        (
            layer(
                INCLUDES("more"),
                more=INCLUDES("more2"),
                more2=INCLUDES("more3"),
                more3=INCLUDES("more4"),
                more4="",
            ),
            ("greenroom/more3.yml", 1, "More than 4 files include each other in a row here."),
        ),
        (
            layer(INCLUDES("more"), more="ci: x"),
            ("greenroom/more.yml", 1, "`ci`: `x` is none of the ways to start CI."),
        ),
        (
            layer("enforce: [ci]"),
            ("greenroom.yml", 1, "`enforce` has no effect in a repository of its own."),
        ),
        (
            layer("limits:\n  cost: {per_run: 1, org_per_day: 0}"),
            (
                "greenroom.yml",
                2,
                "`limits.cost.org_per_day` has no effect in a repository of its own.",
            ),
        ),
        (
            org("enforce: [agents.fix.colour]"),
            ("greenroom.yml", 1, "There is no setting `agents.fix.colour` to enforce."),
        ),
        (
            org("enforce: [limits.*]"),
            ("greenroom.yml", 1, "There is no setting `limits.*` to enforce."),
        ),
        (
            org("enforce:\n  - limits\n  - limits.rns"),
            ("greenroom.yml", 3, "There is no setting `limits.rns` to enforce."),
        ),
        (
            org("enforce: [zzz]"),
            ("greenroom.yml", 1, "There is no setting `zzz` to enforce."),
        ),
        (
            org("enforce: [setup.run]"),
            ("greenroom.yml", 1, "There is no setting `setup.run` to enforce."),
        ),
        (
            Layer(where="", files={".github/greenroom.yaml": ""}),
            ("greenroom.yaml", 1, "This file is not read."),
        ),
        (
            Layer(where="", files={"a": "x" * (2 * 1024 * 1024 + 1)}),
            (
                "greenroom.yml",
                1,
                "The files have 2097153 characters in all; up to 2097152 are read.",
            ),
        ),
        (
            layer(mine=agent("{command: tidy}")),
            ("agents/mine.md", 5, "The command `tidy` starts the agent `tidy` already."),
        ),
        (
            layer(a=agent("{label: agent:x}"), b=agent("{label: agent:x}")),
            ("agents/b.md", 5, "The label `agent:x` starts the agent `a` already."),
        ),
        (
            Layer(
                where="",
                files={
                    agent_path("a"): agent("{label: agent:a}"),
                    agent_path("a.agent"): agent("{label: agent:b}"),
                },
            ),
            ("agents/a.md", 3, "`a` is defined twice, or one agent of more than 50."),
        ),
    ],
)
def test_what_is_wrong_between_files_is_told(given, mistake):
    assert told(given) == [mistake]


def test_includes_are_looked_at_in_a_file_with_mistakes_too():
    given = layer("include: [greenroom/more.yml, 3, x]\nci: x", more="ci: y")
    assert [each[:2] for each in told(given)] == [
        ("greenroom.yml", 1),
        ("greenroom.yml", 1),
        ("greenroom.yml", 2),
        ("greenroom/more.yml", 1),
    ]
    assert told(layer("include: 3"))
    assert told(layer("[a]"))


def test_a_built_in_agent_leaves_its_label_when_it_is_switched_off_or_replaced():
    off = "agents: {tidy: {enabled: false}}"
    assert not mistakes(layer(off, mine=agent("{label: agent:tidy}")))
    assert not mistakes(layer(tidy=agent("{label: agent:x}"), mine=agent("{command: tidy}")))


def test_files_elsewhere_and_of_others_are_left_alone():
    files = {
        ".github/agents/notes.md": "# Notes",
        ".github/agents/old/fix.md": agent("3"),
        ".github/agents/fix.txt": agent("3"),
        ".github/greenroom/unused.yml": "ci: x",
    }
    assert not mistakes(Layer(where="", files=files))


def test_at_most_fifty_mistakes_are_told():
    assert len(mistakes(layer("\n".join(f"x{number}: 1" for number in range(99))))) == 50


def test_many_agents_are_too_many():
    files = {agent_path(f"a{n}"): agent(f"{{command: c{n}}}") for n in range(52)}
    assert len(mistakes(Layer(where="", files=files))) == 2


LINES = (
    "ci: auto",
    "include: [greenroom/more.yml]",
    "enforce: [ci]",
    "limits:",
    "  runs: {}",
    "x: [",
)


@given(
    st.dictionaries(
        st.sampled_from([SETTINGS, ".github/greenroom/more.yml", agent_path("fix"), "README"]),
        st.lists(st.sampled_from([*LINES, "---", "greenroom:", "description: x"]) | st.text()).map(
            "\n".join
        ),
    )
)
def test_nothing_in_a_file_makes_it_raise(files):
    given_layer = Layer(where="acme/app", files=files)
    mistakes(given_layer)
    effective(given_layer, given_layer, given_layer)
