"""Agents as Markdown: what is ours, what is GitHub's, and what is wrong."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.runs import COMMANDED, PLAIN, AgentSpec, Limits, RuntimeName
from bot.rules.agentfile import ALWAYS, MOST_PROMPT, OUTPUTS, read
from bot.rules.agents import BUILT_IN, FALLBACK, LABEL, LONGEST, Agent, Allow, On
from bot.rules.verbs import VERBS

PATH = ".github/agents/mine.md"
TERMS = {"runtime": "playbook", "on": "{command: mine}"}


def written(body: str = "Do it.", description: str = "Does it", **terms: str) -> str:
    lines = "\n".join(f"  {key}: {value}" for key, value in (TERMS | terms).items())
    return f"---\ndescription: {description}\ngreenroom:\n{lines}\n---\n{body}\n"


def agent(text: str, path: str = PATH) -> Agent:
    defined, mistakes = read(path, text)
    assert not mistakes
    return defined.agent


def wrong(text: str, path: str = PATH) -> list[tuple[int, str, str]]:
    defined, mistakes = read(path, text)
    assert defined is None
    assert {each.path for each in mistakes} <= {path}
    return [(each.line, each.words, each.remedy) for each in mistakes]


def test_an_agent_is_its_front_matter_and_its_prompt():
    text = """---
name: My Fixer
description: Fixes what is broken
tools: [read, edit]
model: some-model
mcp-servers: {a: {command: b}}
greenroom:
  runtime: command
  command: [make, fix]
  on: {label: agent:mine, command: mine, events: [issues.opened], when: subject.number > 3}
  allow: [maintain, team:acme/reviewers]
  validations: [unit]
  outputs: {pull_request: {max: 2}, comment: {}, noop: {max: 3}}
  waits: [ci, review]
  context: thread
  timeout: 10m
---

You fix --- things.

---
"""
    assert agent(text) == Agent(
        spec=AgentSpec(
            name="mine",
            description="Fixes what is broken",
            runtime="command",
            command=("make", "fix"),
            prompt="You fix --- things.\n\n---",
            context="thread",
            waits=("ci", "review"),
            outputs={"noop": 3, "missing_tool": 5, "pull_request": 2, "comment": 1},
            limits=Limits(seconds=600),
        ),
        on=On(
            label="agent:mine",
            command="mine",
            events=("issues.opened",),
            when="subject.number > 3",
        ),
        allow=Allow(role="maintain", teams=("acme/reviewers",)),
        validations=("unit",),
    )


def test_little_has_to_be_said():
    found = agent(written())
    assert found.spec.outputs == ALWAYS
    assert found.spec.limits.seconds == LONGEST
    assert (found.spec.context, found.allow) == ("none", Allow(role="write"))


def test_a_file_may_end_in_agent_md_and_have_windows_lines():
    found = agent(written().replace("\n", "\r\n"), ".github/agents/own-one.agent.md")
    assert (found.spec.name, found.spec.prompt) == ("own-one", "Do it.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# greenroom: a title",
        "---\n---\n",
        "---\nname: x\ndescription: y\n---\nYou are",
        "---\n- a\n---\n",
        "---\nname: [\n---\n",
        "---\nname: x\n",
        "---\ngroups: []\ngr: x\ngeneration: 3\n---\n",
        "---\na: |\n greenroom: 3\n---\n",
        '---\na: "\ngreenroom: 3"\n---\n',
        "text\n---\ngreenroom: 3\n---\n",
    ],
)
def test_what_is_not_ours_is_left_alone(text):
    assert wrong(text) == []


@pytest.mark.parametrize(
    ("text", "line", "words", "remedy"),
    [
        ("---\ngreenrom: {}\n---\n", 2, "There is no key `greenrom`.", "Write `greenroom`."),
        (
            "---\ngreenroom:\n  a: [\n---\n",
            4,
            "This is no YAML: expected the node content, but found '<stream end>'.",
            "Look for a missing quote, bracket or colon, or a tab, here or just before.",
        ),
        (
            "---\ngreenroom: {}\n",
            1,
            "The front matter has no end within 8000 characters.",
            "Write `---` on a line of its own before the prompt.",
        ),
        (
            f"---\ngreenroom: {{}}\na: {'x' * 8_000}\n---\n",
            1,
            "The front matter has no end within 8000 characters.",
            "Write `---` on a line of its own before the prompt.",
        ),
        (
            "---\ngreenroom: {}\ngreenroom: {}\n---\n",
            3,
            "`greenroom` is said in line 2 already.",
            "Keep one of the two.",
        ),
        (
            written(description="''"),
            2,
            "`description`: `` is not one line of text.",
            "Write it like `Fixes the issue`.",
        ),
        (
            written(runtime="playbok"),
            4,
            "`greenroom.runtime`: `playbok` is none of the runtimes.",
            "Write `playbook`.",
        ),
        (
            written(runtime="command"),
            4,
            "The runtime `command` needs one.",
            "Write `command: [make, format]`.",
        ),
        (
            written(command="[make]"),
            6,
            "The runtime `playbook` takes no command.",
            "Take it out.",
        ),
        (
            written(model="some-model"),
            6,
            "The runtime `playbook` uses no model.",
            "Take it out.",
        ),
        (
            written(runtime="default", model="'; rm'"),
            6,
            "`greenroom.model`: `; rm` is not the name of a model.",
            "Write it like `claude-sonnet-4-5`.",
        ),
        (
            written(turns="0"),
            6,
            "`greenroom.turns` is the number 0, and is to be a number from 1 on.",
            "Write for example `turns: 50`.",
        ),
        (
            written(on="{label: fix}"),
            5,
            "`greenroom.on.label`: `fix` is not a label that begins with `agent:`.",
            "Write it like `agent:fix`.",
        ),
        (
            written(on="{events: [issues.openend]}"),
            5,
            "`greenroom.on.events[0]`: `issues.openend` is none of the events that start agents.",
            "Write `issues.opened`.",
        ),
        (
            written(on="{}"),
            5,
            "Nothing starts this agent.",
            "Write a `label`, a `command` or `events`.",
        ),
        (
            written(on="{command: stop}"),
            5,
            "`stop` means something already.",
            "Choose another word.",
        ),
        (
            written(on="{command: mine, when: 'true'}"),
            5,
            "`when` is about events, and there are none.",
            "Write `events` too.",
        ),
        (
            written(on="\n    events: [issues.opened]\n    when: subjct.title == ''"),
            7,
            "There is no `subjct` for conditions.",
            "Write `subject`.",
        ),
        (
            written(outputs="{comments: {max: 1}}"),
            6,
            "`greenroom.outputs.comments`: `comments` is none of the outputs.",
            "Write `comment`.",
        ),
        (
            written(outputs="{comment: {max: 0}}"),
            6,
            "`greenroom.outputs.comment.max` is the number 0, and is to be a number from 1 on.",
            "Write for example `max: 1`.",
        ),
        (
            written(body="x" * (MOST_PROMPT + 1)),
            3,
            "The prompt has 30001 characters; up to 30000 are read.",
            "Make it shorter.",
        ),
        (
            written(body="a\0b"),
            3,
            "The prompt holds the character U+0000.",
            "Take it out, and save the file as UTF-8.",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text, line, words, remedy):
    assert wrong(text) == [(line, words, remedy)]


def test_every_runtime_is_taken():
    assert {*PLAIN, *COMMANDED} == {*get_args(RuntimeName)}
    for name in get_args(RuntimeName):
        command = {"command": "[make, fix]"} if name in COMMANDED else {}
        assert agent(written(runtime=name, **command)).spec.runtime == name


def test_a_command_may_name_a_model():
    found = agent(written(runtime="command", command="[make]", model="gpt-5.2"))
    assert (found.spec.command, found.spec.model) == (("make",), "gpt-5.2")


def test_an_agent_may_leave_its_runtime_to_the_operator_and_name_a_model():
    found = agent(written(runtime="default", model="gpt-5.1:mini@2", turns="30"))
    assert (found.usual, found.spec.runtime) == (True, FALLBACK)
    assert (found.spec.model, found.spec.turns) == ("gpt-5.1:mini@2", 30)


def test_turns_are_as_many_as_an_agent_has_without_a_word():
    assert (
        agent(written()).spec.turns == AgentSpec(name="", description="", runtime="command").turns
    )


@pytest.mark.parametrize("name", ["My Fix", "fix_it", "x" * 41])
def test_a_file_is_named_as_an_agent_can_be(name):
    words = f"`{name}` is the agent's name by its file, and cannot be one."
    remedy = "Name the file in lower-case letters, digits and hyphens: `fix.md`."
    assert wrong(written(), f".github/agents/{name}.md") == [(3, words, remedy)]


def test_a_file_is_not_named_like_a_command():
    words, remedy = "`stop` is a command of its own.", "Name the file after something else."
    assert wrong(written(), ".github/agents/stop.md") == [(3, words, remedy)]


def test_built_in_agents_are_such_as_could_be_written():
    for name, built_in in BUILT_IN.items():
        assert built_in.spec.name == name == built_in.on.command
        assert built_in.on.label == LABEL + name
        assert built_in.on.command not in VERBS
        assert ALWAYS.items() <= built_in.spec.outputs.items()
        assert built_in.spec.outputs.keys() <= set(OUTPUTS.words)


@given(st.lists(st.sampled_from(["---", "greenroom:", "  on: {", "name: x", "\t"]) | st.text()))
def test_nothing_in_a_file_makes_it_raise(lines):
    read(PATH, "\n".join(["---", *lines]))
