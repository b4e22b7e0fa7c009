"""Which toolboxes a job gets, and what programs are told of them."""

import json

import pytest

from bot.model.errors import Refused
from bot.model.validations import Toolbox
from bot.rules.toolboxes import (
    KINDS,
    MOST_TOLD,
    Surroundings,
    Tools,
    chosen,
    composed,
    kind_of,
    read_tools,
)


def boxes(*names):
    return tuple(Toolbox(name=each, image=f"registry.example/{each}@sha256:0") for each in names)


def names(found):
    return [each.name for each in found]


def test_a_repository_gets_the_tools_that_its_files_ask_for():
    offered = boxes("python-3-12", "node20", "go", "company")
    found = chosen(
        offered, named=(), files=["README.md", "web/package.json", "requirements-dev.txt"]
    )
    assert names(found) == ["python-3-12", "node20", "company"]


def test_samples_deep_inside_ask_for_nothing():
    assert chosen(boxes("go"), named=(), files=["tests/data/go.mod"]) == ()


def test_what_a_validation_names_is_there_in_any_case():
    assert names(chosen(boxes("go", "rust"), named={"rust"}, files=[])) == ["rust"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("python", "python"), ("python3", "python"), ("go-1-22", "go"), ("gotools", None)],
)
def test_a_toolbox_is_of_a_kind_by_its_name(name, kind):
    assert kind_of(name) == kind


def test_each_kind_is_its_own_name():
    assert {kind_of(each) for each in KINDS} == set(KINDS)


def test_the_first_toolbox_comes_first_and_conflicts_are_said():
    java = Tools(path=("bin", "jre/bin"), environment={"JAVA_HOME": "{toolbox}", "CI": "1"})
    kotlin = Tools(environment={"JAVA_HOME": "{toolbox}/jdk", "CI": "1"})
    found = composed({"java": (java, {"java", "jar"}), "kotlin": (kotlin, {"kotlinc", "java"})})
    assert found == Surroundings(
        path=("/toolbox/java/bin", "/toolbox/java/jre/bin", "/toolbox/kotlin/bin"),
        environment={"JAVA_HOME": "/toolbox/java", "CI": "1"},
        conflicts=(
            "The toolboxes `java`, `kotlin` all have `java`; that of `java` is used.",
            "The toolboxes `java` and `kotlin` both set JAVA_HOME; that of `java` is used.",
        ),
    )


def test_of_many_programs_some_are_named():
    many = {f"tool{number}" for number in range(MOST_TOLD + 1)}
    (words,) = composed({"a": (Tools(), many), "b": (Tools(), many)}).conflicts
    assert "`tool7` …;" in words


def test_a_toolbox_says_what_it_needs():
    said = {"path": ["go/bin"], "environment": {"GOROOT": "{toolbox}/go"}}
    found = read_tools(json.dumps(said).encode())
    assert found == Tools(path=("go/bin",), environment={"GOROOT": "{toolbox}/go"})
    assert read_tools(b"{}") == Tools()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "nothing else"),
        ('{"mount": "/"}', "nothing else"),
        ('{"path": "bin"}', "list of folders"),
        ('{"path": ["../bin"]}', "list of folders"),
        ('{"path": ["/bin"]}', "list of folders"),
        ('{"path": ["a:b"]}', "list of folders"),
        ('{"path": [7]}', "list of folders"),
        ('{"environment": []}', "names and texts"),
        ('{"environment": {"A B": "x"}}', "may not set"),
        ('{"environment": {"PATH": "x"}}', "may not set"),
        ('{"environment": {"LD_PRELOAD": "x"}}', "may not set"),
        ('{"environment": {"https_proxy": "x"}}', "may not set"),
        ('{"environment": {"ANTHROPIC_BASE_URL": "x"}}', "may not set"),
        ('{"environment": {"A": 7}}', "as a line"),
        ('{"environment": {"A": "x\\ny"}}', "as a line"),
        (json.dumps({"environment": {"A": "x" * 1001}}), "as a line"),
    ],
)
def test_what_it_may_not_say_is_refused(said, words):
    with pytest.raises(Refused, match=words):
        read_tools(said.encode())
