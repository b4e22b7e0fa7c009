from bot.agents.masks import MASKS
from bot.rules.additions import BOUNDS, NEVER_HOME, NEVER_WORKSPACE


def test_nothing_by_which_agents_are_commanded_gets_from_a_setup_into_their_home():
    hidden = {name for name in MASKS if name.startswith(".")}
    assert hidden <= set(NEVER_HOME)


def test_no_repository_gets_from_a_setup_below_a_workspace():
    assert ".git" in NEVER_WORKSPACE


def test_a_setup_adds_less_to_the_repositorys_own_folders_than_elsewhere():
    assert 0 < BOUNDS.beside < BOUNDS.entries
    assert BOUNDS.packed < BOUNDS.size
