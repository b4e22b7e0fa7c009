import pytest

from bot.rules.policy import NEEDS, PERMISSIONS, Denied, Role, allows, role_of
from bot.rules.repoconfig import AGENTS

MAY = {
    "tidy": {Role.WRITE, Role.MAINTAIN, Role.ADMIN},
    "stop": {Role.TRIAGE, Role.WRITE, Role.MAINTAIN, Role.ADMIN},
}
WORDS = {
    "tidy": "`tidy` needs write access to this repository.",
    "stop": "`stop` needs triage access to this repository.",
}


def test_every_agent_and_act_is_in_the_table_below():
    assert set(MAY) == set(NEEDS)
    assert set(AGENTS) <= set(NEEDS)


@pytest.mark.parametrize("act", MAY)
@pytest.mark.parametrize("role", Role)
def test_an_act_needs_its_role(act, role):
    denied = None if role in MAY[act] else Denied("role", WORDS[act])
    assert allows(act, role) == denied


@pytest.mark.parametrize("role", Role)
def test_what_nobody_named_is_refused_to_everybody(role):
    assert allows("deploy", role) == Denied("unknown", "There is no agent named `deploy` here.")


@pytest.mark.parametrize("role", Role)
def test_github_s_own_roles_are_read_by_name(role):
    assert role_of(role.name.lower(), dict.fromkeys(PERMISSIONS, True)) is role


@pytest.mark.parametrize(
    ("flags", "role"),
    [
        ({}, Role.NONE),
        ({"pull": False}, Role.NONE),
        ({"pull": True}, Role.READ),
        ({"pull": True, "triage": True}, Role.TRIAGE),
        ({"push": True, "triage": True, "pull": True}, Role.WRITE),
        ({"maintain": True, "push": False}, Role.MAINTAIN),
        ({"admin": True}, Role.ADMIN),
        ({"fly": True}, Role.NONE),
    ],
)
def test_a_custom_role_is_worth_its_highest_flag(flags, role):
    assert role_of("security-champion", flags) is role
