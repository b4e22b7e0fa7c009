import pytest

from bot.model.models import Spent, Usage
from bot.model.money import micros
from bot.rules.egress import OTHERS, Reached
from bot.rules.usage import NO_PRICE, used, visited

SPENT = Spent(
    models=("claude-sonnet-4-5",),
    turns=14,
    usage=Usage(input=22_000, cached=98_000, written=400, output=3_211),
    cost=micros("0.42"),
)


def told(**changes):
    return used(Spent(**{"models": ("m",), "turns": 1, **changes}))


def test_a_run_tells_models_turns_tokens_and_money():
    assert used(SPENT) == (
        "`claude-sonnet-4-5` · 14 turns · "
        "120,400 tokens read (98,000 from a cache), 3,211 written · $0.42"
    )


def reached(host, times=1, *, port=443, allowed=True):
    return Reached(host=host, port=port, allowed=allowed, times=times)


def test_a_run_tells_where_it_has_been_and_where_it_was_not_let():
    evil, web = (
        reached("evil.example", allowed=False),
        reached("packages.example", port=80, allowed=False),
    )
    assert visited([reached("packages.example", 1200), evil, reached("a.example"), web]) == (
        "Reached: `packages.example` (1,200), `a.example` (1). "
        "Refused: `evil.example` (1), `packages.example:80` (1)"
    )
    assert visited([evil]) == "Refused: `evil.example` (1)"
    assert visited([reached(OTHERS, 7)]) == "Reached: others (7)"
    assert visited([]) == ""


def test_of_many_hosts_some_are_named():
    assert visited([reached(f"{each}.example") for each in range(12)]).endswith("(1), 2 more")


def test_a_run_that_asked_no_model_tells_nothing():
    assert used(Spent()) == ""


def test_a_price_that_nobody_knows_is_not_made_up():
    assert told() == f"`m` · 1 turn · 0 tokens read, 0 written · {NO_PRICE}"


@pytest.mark.parametrize(
    ("models", "names"),
    [
        (("a", "b"), "`a`, `b`"),
        (("a", "b", "c", "d", "e"), "`a`, `b`, `c`, 2 more"),
        (("x" * 80,), f"`{'x' * 59}…`"),
        (("a` @ann\n# b",), "`a' @\u200bann # b`"),
    ],
)
def test_a_model_s_name_is_shown_as_what_it_is(models, names):
    assert told(models=models).partition(" · ")[0] == names
