from dataclasses import replace

import pytest

from bot.model.facts import PullNow
from bot.model.ids import Sha
from bot.model.models import Cost
from bot.model.money import micros
from bot.model.runs import AgentSpec, Start, Terms
from bot.rules.repoconfig import Agent, Config, CostLimits, On, TimeLimits
from bot.rules.starting import by_command, by_event, by_label, by_name, needs_yes, terms_of
from bot.rules.verbs import VERBS

OUTPUTS = {"pull_request": 1, "push": 2, "comment": 3, "question": 1, "noop": 1, "missing_tool": 5}
SPEC = AgentSpec(name="fix", description="", runtime="command", outputs=OUTPUTS)
FIX = Agent(spec=SPEC, on=On(label="agent:fix", command="mend", events=("issues.opened",)))
MUTE = Agent(spec=replace(SPEC, name="mute"), on=On())
CONFIG = Config(agents={"mute": MUTE, "fix": FIX})
HEAD = Sha("a" * 40)


def test_an_agent_is_found_by_what_starts_it():
    assert (
        by_name(CONFIG, "fix")
        is by_label(CONFIG, "agent:fix")
        is by_command(CONFIG, "mend")
        is FIX
    )
    assert list(by_event(CONFIG, "issues.opened")) == [FIX]


@pytest.mark.parametrize("word", ["fix", "", "agent:mute", "mute", "None"])
def test_an_agent_is_not_found_by_anything_else(word):
    assert by_label(CONFIG, word) is None
    assert word in CONFIG.agents or by_name(CONFIG, word) is None
    assert by_command(CONFIG, word) is None
    assert list(by_event(CONFIG, word)) == []


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_an_agent_named_like_a_verb_cannot_be_started(verb):
    on = On(label=f"agent:{verb}", command="mend", events=("issues.opened",))
    setup = Config(agents={verb: Agent(spec=replace(SPEC, name=verb), on=on)})
    assert by_name(setup, verb) is by_command(setup, "mend") is None
    assert by_label(setup, f"agent:{verb}") is None
    assert list(by_event(setup, "issues.opened")) == []


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_verb_starts_no_agent(verb):
    setup = Config(agents={"fix": replace(FIX, on=On(command=verb))})
    assert by_command(setup, verb) is None


def test_a_run_keeps_the_settings_of_when_it_was_asked_for():
    setup = replace(
        CONFIG,
        protect=("a/**",),
        ci="auto",
        commands=replace(CONFIG.commands, prefix="bot"),
        commits=replace(CONFIG.commits, sign_off=True, signed=True),
        pull_requests=replace(CONFIG.pull_requests, draft=True),
        limits=replace(
            CONFIG.limits,
            time=TimeLimits(parked="2h"),
            runs=replace(CONFIG.limits.runs, concurrent=2),
            handoffs=3,
            cost=CostLimits(per_run=0.1, per_day=20.0, org_per_day=90.0),
        ),
    )
    assert terms_of(FIX, setup, fork=False) == Terms(
        agent=SPEC,
        protect=("a/**",),
        ci="auto",
        sign_off=True,
        signed=True,
        draft=True,
        parked=7200,
        label="agent:fix",
        prefix="bot",
        command="mend",
        at_once=2,
        handoffs=3,
        cost=Cost(per_run=micros("0.1"), per_day=micros(20), org_per_day=micros(90)),
    )


def test_an_agent_that_does_not_mind_has_the_runtime_that_the_operator_chose():
    terms = terms_of(replace(FIX, usual=True), replace(CONFIG, runtime="playbook"), fork=True)
    assert (terms.agent.runtime, terms_of(FIX, CONFIG, fork=False).agent.runtime) == (
        "playbook",
        "command",
    )
    assert "push" not in terms.agent.outputs


def test_on_a_fork_there_are_only_words_whatever_else_there_will_be():
    more = {**OUTPUTS, "labels": 1, "issue": 1}
    agent = replace(FIX, spec=replace(SPEC, outputs=more))
    outputs = terms_of(agent, CONFIG, fork=True).agent.outputs
    assert outputs == {"comment": 3, "question": 1, "noop": 1, "missing_tool": 5}


@pytest.mark.parametrize(("seen", "asks"), [(HEAD, False), (Sha("b" * 40), True), (None, True)])
def test_a_head_that_nobody_can_have_seen_needs_a_yes(seen, asks):
    head = Start(sha=HEAD, branch="topic", fork=False)
    assert needs_yes(PullNow(head=head, base="main", open=True, draft=False), seen) is asks


@pytest.mark.parametrize("seen", [None, HEAD])
def test_an_issue_has_no_head(seen):
    assert not needs_yes(None, seen)
