from dataclasses import replace

import pytest

from bot.model.runs import Subject
from bot.model.validations import Setup, Toolbox, Verdict
from bot.rules.brief import MOST_PRINTED, Task, brief
from bot.rules.layers import SETTINGS, Layer
from bot.rules.repoconfig import AGENTS, effective
from bot.rules.setups import (
    HOSTS,
    asked,
    definition,
    ended,
    lacking,
    own,
    section,
    shared,
    wanted,
    without_layer,
)

ENFORCED = f"enforce: [{HOSTS}]"
BASE, HEAD = "b" * 40, "c" * 40
SETUP = Setup(run="pip install x", inputs=("lock",), egress=("a.example",), toolboxes=("python",))
BOXES = (Toolbox(name="python", image="x@sha256:1"), Toolbox(name="go", image="x@sha256:2"))
SHARED = shared(SETUP, BOXES, inputs="1", platform="x86", base=BASE)
PASSED = Verdict(outcome="passed", exit=0, seconds=12.0)
FAILED = Verdict(
    outcome="failed", exit=1, seconds=3.0, excerpt="no <untrusted> wheel", words="Bad."
)


def config(text, org=""):
    layer = Layer(where="acme/.github", files={SETTINGS: f"version: 1\n{org}"})
    return effective(layer, Layer(where="acme/app", files={SETTINGS: f"version: 1\n{text}"}))


def test_a_shared_setup_is_known_by_all_that_decides_it_and_not_by_its_commit():
    assert shared(SETUP, BOXES, inputs="1", platform="x86", base=HEAD).key == SHARED.key
    others = [
        shared(SETUP, BOXES, inputs="2", platform="x86", base=BASE),
        shared(SETUP, BOXES, inputs="1", platform="arm", base=BASE),
        shared(SETUP, BOXES[1:], inputs="1", platform="x86", base=BASE),
        shared(replace(SETUP, run="x"), BOXES, inputs="1", platform="x86", base=BASE),
        shared(replace(SETUP, egress=()), BOXES, inputs="1", platform="x86", base=BASE),
    ]
    assert len({SHARED.key, *(each.key for each in others)}) == 6
    assert SHARED.toolboxes == BOXES[:1]


def test_a_tree_with_other_inputs_has_one_of_its_own():
    first = own(SHARED, inputs="2", number=1, fork=False, base=HEAD, work="w", tree="t")
    second = own(SHARED, inputs="2", number=2, fork=False, base=HEAD)
    assert len({first.key, second.key, SHARED.key}) == 3
    assert (first.apart, first.base, first.work, first.tree) == ("1", HEAD, "w", "t")
    # what was shared before may have been made by others meanwhile
    assert own(SHARED, inputs="1", number=1, fork=False, base=HEAD).key != SHARED.key


def test_no_tree_stands_on_what_was_set_up_for_another_one_that_is_not_the_repositorys():
    trees = [("t", "a"), ("u", "a"), (None, "a"), (None, "b")]
    made = [
        own(SHARED, inputs="2", number=1, fork=False, base=base, tree=tree) for tree, base in trees
    ]
    assert len({each.key for each in made}) == len(trees)


def test_over_a_forks_tree_it_reaches_no_host():
    made = own(SHARED, inputs="2", number=1, fork=True, base=HEAD)
    assert definition(made).egress == ()
    assert definition(own(SHARED, inputs="2", number=1, fork=False, base=HEAD)).egress


def test_its_command_is_what_configuration_says():
    said = config(
        "setup: {run: make deps, inputs: [lock], egress: [a.example], timeout: 5m,\n"
        " toolboxes: [python]}\n"
        f"toolboxes: {{python: {{image: 'r.example/p@sha256:{'0' * 64}'}}}}"
    ).setup
    setup = wanted(said)
    assert setup == Setup(
        run="make deps",
        inputs=("lock",),
        egress=("a.example",),
        toolboxes=("python",),
        seconds=300,
    )
    told = definition(asked(setup, (), BASE))
    assert (told.name, told.run, told.seconds) == ("setup", "make deps", 300)
    assert wanted(None) is None


@pytest.mark.parametrize(
    ("text", "org", "why"),
    [
        ("setup: {run: x, toolboxes: [python]}", "", "there is no toolbox `python`"),
        (
            "setup: {run: x, egress: [evil.example]}",
            f"egress: {{allow: [a.example]}}\n{ENFORCED}",
            "hosts that the organization does not allow",
        ),
    ],
)
def test_one_that_cannot_run_has_no_effect_and_that_is_said(text, org, why):
    found = config(text, org)
    assert found.setup is None
    (mistake,) = found.overruled
    assert why in mistake.words
    assert mistake.line == 2


@pytest.mark.parametrize(
    ("text", "org"),
    [
        ("setup: {run: x, egress: [a.example]}", f"egress: {{allow: [a.example]}}\n{ENFORCED}"),
        ("", "setup: {run: x, egress: [b.example]}\negress: {allow: []}\n" + ENFORCED),
        ("setup: {run: x, egress: [b.example]}", ""),
    ],
)  # fmt: skip
def test_its_hosts_are_bound_as_those_of_validations(text, org):
    found = config(text, org)
    assert found.setup is not None
    assert not found.overruled


def test_people_are_told_how_it_ended():
    assert ended(PASSED) == "Set up in 12 s"
    assert ended(FAILED) == "Setting up failed after 3 s; it goes on without. Bad."
    assert section(PASSED) == ""
    text = section(FAILED)
    assert text.startswith("**Setup**: failed after 3 s. Bad.\n\n<details>")
    assert "no <untrusted> wheel" in text
    broken = replace(FAILED, outcome="broken", excerpt="")
    assert section(broken) == "**Setup**: no verdict after 3 s. Bad."


def test_a_validation_without_it_has_no_verdict():
    made = lacking(FAILED)
    assert (made.outcome, made.words) == ("broken", "Setup did not pass. Bad.")
    assert made.excerpt == FAILED.excerpt
    assert lacking(replace(FAILED, words="")).words == "Setup did not pass. It failed."


def told(**more):
    agent = replace(AGENTS["fix"], prompt="You fix.")
    return brief(
        agent, Task(subject=Subject(repo="o/r", number=1, kind="issue"), asked_by="ann", **more)
    )


def test_an_agent_is_told_what_lies_in_its_workspace():
    assert "# Setup" not in told()
    text = told(setup=SETUP)
    assert "\n    pip install x\n" in text
    assert "was run before you came" in text


def test_an_agent_is_told_of_one_that_failed_and_what_it_printed():
    text = told(
        setup=SETUP, lacks=replace(FAILED, excerpt=f"{FAILED.excerpt}{'x' * MOST_PRINTED}")
    )
    assert "<untrusted>\nBad.\nno &lt;untrusted> wheel" in text
    assert "You work without" in text
    assert len(text) < len(told(setup=SETUP)) + MOST_PRINTED + 300


def test_one_that_hands_in_nothing_has_not_passed():
    assert without_layer(PASSED).outcome == "broken"
    assert without_layer(FAILED) == FAILED
