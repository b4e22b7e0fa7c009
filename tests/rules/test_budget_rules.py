"""Money: what is set aside, what it comes to, and what is not known."""

from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.model.errors import Misconfigured, Refused
from bot.model.models import Ask, Price, Usage
from bot.model.money import micros
from bot.rules import budget
from bot.rules.budget import Spender
from bot.rules.prices import Catalogue, Known, catalogue, over

OURS = catalogue(files("bot.rules").joinpath("prices.json").read_text(), "prices.json")
FLAT = Known(price=Price(input=micros(1), cached=micros("0.1"), written=micros("1.25"),
                         output=micros(5)), output=8000, context=1000)  # fmt: skip
DEAR = Price(input=micros(2), cached=micros("0.2"), written=micros(2), output=micros(10))
STEPPED = Known(price=FLAT.price, above=500, long=DEAR)
SPENDER = Spender(
    run="01A",
    repo_id=5,
    owner="octo",
    per_run=micros(5),
    per_day=None,
    org_per_day=None,
    prefix="gr",
)


def ask(model="claude-sonnet-5", provider="anthropic", most=100, size=400):
    return Ask(provider=provider, model=model, stream=False, most_output=most, size=size)


def test_a_request_is_set_aside_at_the_dearest_that_it_can_be():
    assert budget.dearest(ask(size=400), FLAT) == 201 * 1.25 // 1 + 1 + 500
    assert budget.dearest(ask(size=10**6), FLAT) == 1250 + 500
    assert budget.dearest(ask(), None) == 0


def test_a_long_request_has_its_own_price():
    assert budget.cost(Usage(input=500), STEPPED) == 500
    assert budget.cost(Usage(input=500, cached=1), STEPPED) == 1001
    assert budget.cost(Usage(input=1, cached=1, written=1, output=1), FLAT) == 8


def test_an_answer_that_broke_off_may_have_been_as_long_as_it_was_allowed():
    assert budget.cut_off(Usage(input=100, output=3), ask(), FLAT) == 100 + 500
    assert budget.cut_off(Usage(), ask(), FLAT) == budget.dearest(ask(), FLAT)


counts = st.integers(0, 2000)


@given(counts, counts, counts, st.integers(0, 100))
def test_an_answer_never_costs_more_than_was_set_aside(fresh, cached, written, output):
    whole = fresh + cached + written
    usage = Usage(input=fresh, cached=cached, written=written, output=output)
    asked = ask(size=2 * whole)
    for known in (FLAT, STEPPED):
        if whole <= known.context:
            assert budget.cost(usage, known) <= budget.dearest(asked, known)


def test_a_request_goes_out_with_a_name_and_a_bound():
    chosen = budget.chosen(ask("default", most=None), OURS)
    assert (chosen.model, chosen.most_output) == ("claude-sonnet-5", budget.MOST_OUTPUT)
    assert budget.chosen(ask("claude-haiku-4-5-20251001", most=10**6), OURS).most_output == 64000
    own = budget.chosen(ask("qwen", "compatible", most=None), OURS)
    assert (own.model, own.most_output) == ("qwen", None)


@pytest.mark.parametrize(
    ("model", "provider", "words"),
    [
        ("gpt-99", "openai", "The model `gpt-99` may not be used here."),
        ("gpt-5", "anthropic", "The model `gpt-5` may not be used here."),
        ("default", "compatible", "No model of compatible is named, and none is the default."),
    ],
)
def test_what_is_not_known_is_not_asked(model, provider, words):
    with pytest.raises(Refused) as refused:
        budget.chosen(ask(model, provider), OURS)
    assert refused.value.words == words


def test_models_that_are_allowed_are_named_by_globs():
    only = Catalogue(allow=("claude-*", "qwen"))
    assert only.allows("anthropic", "claude-x")
    assert only.allows("compatible", "qwen")
    assert not only.allows("compatible", "llama")


@pytest.mark.parametrize(
    ("dated", "name"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("gemini-2.5-flash-preview-05-20", "gemini-2.5-flash"),
        ("gemini-2.5-flash-001", "gemini-2.5-flash"),
    ],
)
def test_a_version_of_a_day_has_the_price_of_its_model(dated, name):
    provider = {"c": "anthropic", "gp": "openai", "ge": "gemini"}
    (whose,) = [each for begins, each in provider.items() if name.startswith(begins)]
    assert OURS.known(whose, dated) == OURS.known(whose, name) is not None


def test_each_limit_says_whose_it_is():
    theirs = Catalogue(per_day=micros(200), per_owner=micros(100))
    spender = replace(SPENDER, per_day=micros(50))
    holds = budget.holds(spender, theirs, now=86400.0 * 20 + 5)
    assert [(each.scope, each.day, each.limit) for each in holds] == [
        ("run:01A", 0, 5_000_000),
        ("repo:5", 20, 50_000_000),
        ("owner:octo", 20, 100_000_000),
        ("all", 20, 200_000_000),
    ]
    assert [each.words for each in holds] == [
        "It has reached its budget of $5.00. `/gr continue +$2` goes on.",
        "Runs of this repository have reached their budget of $50.00 for today.",
        "Runs of octo have reached their budget of $100.00 for today.",
        "Runs of all repositories have reached their budget of $200.00 for today.",
    ]
    assert [budget.tells_the_way(each.words) for each in holds] == [True, False, False, False]
    assert not budget.tells_the_way("The agent broke off: `/gr continue +$2` goes on.")


@pytest.mark.parametrize(
    ("operator", "organization", "limit"),
    [(100, 20, 20), (20, 100, 20), (None, 20, 20), (100, None, 100), (100, 0, 0)],
)
def test_of_the_operator_s_limit_and_the_organization_s_the_smaller_holds(
    operator, organization, limit
):
    theirs = Catalogue(per_owner=None if operator is None else micros(operator))
    said = None if organization is None else micros(organization)
    _, hold = budget.holds(replace(SPENDER, org_per_day=said), theirs, now=0.0)
    assert (hold.scope, hold.limit) == ("owner:octo", micros(limit))


def test_what_has_no_limit_is_not_held():
    assert [each.scope for each in budget.holds(SPENDER, Catalogue(), now=0.0)] == ["run:01A"]


def test_a_model_without_a_price_is_refused_where_it_is_sold_by_the_token():
    assert budget.sold_by_the_token("openai")
    assert not budget.sold_by_the_token("compatible")
    assert "No price is known of the model `x`" in budget.unpriced(ask("x")).words


TABLE = """
allow: [qwen]
defaults: {compatible: qwen}
per_day: 20
per_owner: 2.5
models:
  compatible:
    qwen: {input: 0.3, output: 1.2}
    deep: {input: 1, output: 2, cached: 0, context: 9, most_output: 5,
           long: {above: 4, input: 2, output: 4}}
"""


def test_the_operators_table_lies_over_ours():
    found = over(OURS, catalogue(TABLE, "GREENROOM_MODELS"))
    qwen = found.known("compatible", "qwen")
    assert qwen
    assert qwen.price == Price(
        input=micros("0.3"), cached=micros("0.3"), written=micros("0.3"), output=micros("1.2")
    )
    assert found.known("anthropic", "claude-sonnet-5") == OURS.known(
        "anthropic", "claude-sonnet-5"
    )
    assert (found.per_day, found.per_owner, found.allow) == (micros(20), micros("2.5"), ("qwen",))
    assert found.named("compatible", "default") == "qwen"
    assert found.named("anthropic", "default") == "claude-sonnet-5"
    deep = found.known("compatible", "deep")
    assert deep
    assert (deep.at(4).input, deep.at(5).input) == (micros(1), micros(2))
    assert (deep.output, deep.context, deep.price.cached) == (5, 9, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("allow: [", "GREENROOM_MODELS is wrong: it is no YAML."),
        ("- x", "GREENROOM_MODELS is wrong: it: Input should be"),
        ("models: {compatible: {x: {input: -1, output: 1}}}", "models.compatible.x.input: "),
        ("models: {nobody: {}}", "models.nobody.[key]: "),
        ("per_week: 5", "per_week: Extra inputs are not permitted."),
    ],
)
def test_a_broken_table_is_named_with_what_is_wrong(text, words):
    with pytest.raises(Misconfigured) as problem:
        catalogue(text, "GREENROOM_MODELS")
    assert words in str(problem.value)


def test_an_empty_table_changes_nothing():
    assert over(OURS, catalogue("", "GREENROOM_MODELS")).models == OURS.models


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini"])
def test_every_price_of_ours_makes_sense(provider):
    for known in OURS.models[provider].values():
        price = known.price
        assert 0 < price.cached <= price.input <= price.written < price.output
        assert known.output <= known.context
        assert known.long is None or known.long.output > price.output
    assert OURS.known(provider, OURS.named(provider, "default"))
