"""Which validations there are, which of them may be asked for, and when an answer holds again."""

from dataclasses import replace

import pytest

from bot.model.errors import Refused
from bot.model.validations import Definition, Toolbox
from bot.rules.repoconfig import Layer, effective, mistakes
from bot.rules.starting import terms_of
from bot.rules.validation import NONE, boxes, changed, key, may_ask, may_begin, offered

IMAGE, OTHER = (f"registry.example/tools/python@sha256:{digit * 64}" for digit in "01")
UNIT = Definition(name="unit", run="pytest -q")
LINT = Definition(name="lint", run="ruff check")
PYTHON = Toolbox(name="python", image=IMAGE)
SETTINGS = f"""
toolboxes: {{python: {{image: "{IMAGE}"}}}}
validations:
  unit: {{run: pytest, toolboxes: [python], report: r.xml, timeout: 2m}}
  lint: {{run: ruff check, egress: [a.example]}}
"""


def layer(text, where="acme/app"):
    return Layer(where=where, files={".github/greenroom.yml": text})


def refusal(name, *known):
    with pytest.raises(Refused) as refused:
        may_ask(name, known)
    assert refused.value.reason == "validation"
    return refused.value.words


def test_a_name_stands_for_what_was_defined():
    assert may_ask("lint", [UNIT, LINT]) is LINT


def test_an_unknown_name_is_refused_with_what_was_meant():
    assert refusal("unti", UNIT, LINT) == ("There is no validation `unti`. Did you mean `unit`?")
    assert refusal("deploy", UNIT, LINT) == (
        "There is no validation `deploy`. There are: `unit`, `lint`."
    )
    assert refusal("unit") == NONE


@pytest.mark.parametrize(
    "name", ["", "unit; rm -rf /", "../unit", "UNIT", "unit\0", "`@ann`" * 99]
)
def test_whatever_is_asked_for_is_quoted_in_one_short_line(name):
    words = refusal(name, LINT)
    assert "@ann" not in words
    assert len(words) < 200
    assert "\n" not in words


def test_a_definition_is_what_configuration_says():
    config = effective(None, layer(SETTINGS))
    unit, lint = offered(config.validations, fork=False)
    assert unit == Definition(
        name="unit",
        run="pytest",
        toolboxes=("python",),
        report="r.xml",
        seconds=120,
    )
    assert (lint.kind, lint.egress, lint.seconds) == ("plain", ("a.example",), 600)
    assert boxes(config.toolboxes) == (PYTHON,)


def test_on_a_fork_a_validation_reaches_no_host():
    config = effective(None, layer(SETTINGS))
    assert [each.egress for each in offered(config.validations, fork=True)] == [(), ()]


def test_a_run_has_the_validations_that_its_agent_names_or_all():
    config = effective(None, layer(SETTINGS))
    fix = config.agents["fix"]
    terms = terms_of(fix, config, fork=False)
    assert [each.name for each in terms.validations] == ["unit", "lint"]
    assert terms.toolboxes == (PYTHON,)
    for names in (("lint", "gone"), ()):
        terms = terms_of(replace(fix, validations=names), config, fork=False)
        assert [each.name for each in terms.validations] == [*names[:1]]


def test_a_validation_without_its_toolbox_is_not_there_and_says_why():
    config = effective(
        None, layer("validations: {unit: {run: a, toolboxes: [go]}, lint: {run: b}}")
    )
    (told,) = config.overruled
    assert list(config.validations) == ["lint"]
    assert (told.path, told.line) == (".github/greenroom.yml", 1)
    assert told.words == "`validations.unit` has no effect: there is no toolbox `go`."
    assert told.remedy == "Write it under `toolboxes`."


def test_a_toolbox_may_be_the_organizations():
    org = layer(f"toolboxes: {{go: {{image: '{IMAGE}'}}}}", "acme/.github")
    config = effective(org, layer("validations: {unit: {run: a, toolboxes: [go]}}"))
    assert list(config.validations) == ["unit"]


def test_an_organization_says_which_classes_its_repositories_may_use():
    org = layer("classes: []\nenforce: [classes]", "acme/.github")
    config = effective(org, layer("classes: [plain]\nvalidations: {unit: {run: a}}"))
    assert (config.classes, dict(config.validations)) == ((), {})
    assert [each.words for each in config.overruled] == [
        "`classes` has no effect here: acme/.github enforces its own.",
        "`validations.unit` has no effect: validations of the class `plain` are not allowed here.",
    ]


ENFORCED = """
egress: {allow: [a.example]}
enforce: [egress]
validations: {all: {run: x, egress: [b.example]}}
"""


@pytest.mark.parametrize(
    ("egress", "there"),
    [
        ("[a.example]", True),
        ("[]", True),
        ("[b.example]", False),
        ("[a.example, b.example]", False),
    ],
)
def test_where_hosts_are_enforced_a_repositorys_validation_reaches_no_others(egress, there):
    own = layer(f"validations: {{unit: {{run: x, egress: {egress}}}}}")
    config = effective(layer(ENFORCED, "acme/.github"), own)
    assert list(config.validations) == ["all", *["unit"][:there]]
    assert [each.words for each in config.overruled] == [
        "`validations.unit` has no effect: it names hosts that the organization does not allow."
    ][there:]
    free = effective(layer(ENFORCED.replace("enforce: [egress]", "")), own)
    assert "unit" in effective(None, own).validations
    assert free.overruled == ()


def test_builders_alone_have_places_of_base_images():
    said = "run: x, bases: [docker.io/library/debian, 'registry:5000/a/b']"
    (unit,) = offered(
        effective(None, layer(f"validations: {{unit: {{{said}, class: builder}}}}")).validations,
        fork=True,
    )
    assert (unit.kind, unit.bases) == (
        "builder",
        ("docker.io/library/debian", "registry:5000/a/b"),
    )
    config = effective(None, layer(f"validations: {{unit: {{{said}}}}}"))
    assert dict(config.validations) == {}
    assert [each.words for each in config.overruled] == [
        "`validations.unit` has no effect: only validations of the class `builder` have `bases`."
    ]


def test_inputs_are_taken_as_they_are_written():
    said = layer("validations: {unit: {run: make, inputs: [src/**, Makefile]}}")
    assert mistakes(said) == ()
    (unit,) = offered(effective(None, said).validations, fork=False)
    assert unit.inputs == ("src/**", "Makefile")


def test_only_what_configuration_says_begins_before_it_is_asked_for():
    said = "validations: {unit: {run: make, speculate: true}, lint: {run: ruff}}"
    unit, lint = offered(effective(None, layer(said)).validations, fork=False)
    assert may_begin("unit", (unit, lint)) == unit
    for name in ("lint", "none"):
        with pytest.raises(Refused):
            may_begin(name, (unit, lint))
    assert key(unit, tree="t") == key(replace(unit, speculate=False), tree="t")


def test_what_a_pull_request_would_have_otherwise_is_known_by_name():
    here, there = (
        effective(None, layer(f"validations: {{{said}}}")).validations
        for said in (
            "a: {run: x}, b: {run: y}, c: {run: z}",
            "a: {run: x}, b: {run: 'true'}, d: {run: w}",
        )
    )
    assert changed(here, there) == ("b", "c", "d")
    assert changed(here, here) == ()


def test_the_same_question_has_the_same_key():
    same = key(UNIT, tree="t", toolboxes=[PYTHON], setup="s")
    assert same == key(replace(UNIT), tree="t", toolboxes=(replace(PYTHON),), setup="s")
    assert len(same) == 64
    git = Toolbox(name="git", image=OTHER)
    assert key(UNIT, tree="t", toolboxes=[git, PYTHON]) == key(
        UNIT, tree="t", toolboxes=[PYTHON, git]
    )


def test_whatever_may_change_the_answer_changes_the_key():
    keys = {
        key(UNIT, tree="t"),
        key(UNIT, tree="u"),
        key(UNIT, tree="t", toolboxes=[PYTHON]),
        key(UNIT, tree="t", toolboxes=[replace(PYTHON, image=OTHER)]),
        key(UNIT, tree="t", toolboxes=[replace(PYTHON, name="other")]),
        key(UNIT, tree="t", setup="s"),
        key(UNIT, tree="t", apart="s"),
        *(
            key(replace(UNIT, **change), tree="t")
            for change in (
                {"run": "pytest"},
                {"image": IMAGE},
                {"kind": "builder"},
                {"egress": ("a.example",)},
                {"inputs": ("src/",)},
                {"report": "r.xml"},
                {"seconds": 5},
            )
        ),
    }
    assert len(keys) == 14
