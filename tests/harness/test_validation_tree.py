"""The tree of a validation, made in a thread beside the start of its box."""

import pytest

from bot.harness.validate import NO_TREE, Trouble, Validation, _Beside
from bot.model.limits import Limits
from bot.model.validations import Definition, ValidationPlan

PLAN = ValidationPlan(
    job="job",
    id="one",
    repo="acme/app",
    shelf="acme/app.1",
    base="b" * 40,
    work=None,
    tree="c" * 40,
    definition=Definition(name="unit", run="true"),
    limits=Limits(),
)


class Broken:
    """A git that fails in a way that nobody foresaw."""

    def git(self, *_arguments, **_more):
        raise KeyError("git")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nothing_runs_where_making_the_tree_fails_in_a_way_nobody_foresaw():
    it = Validation(folder=None, order=None, plan=PLAN, token="", gateway="", ways={})
    assert _Beside(it, Broken()).come() == Trouble(NO_TREE)
