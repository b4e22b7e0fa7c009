import pytest

from bot.rules.roles import NAMES, PERMISSIONS, Role, role_of


@pytest.mark.parametrize("role", Role)
def test_github_s_own_roles_are_read_by_name(role):
    assert role_of(str(role), dict.fromkeys(PERMISSIONS, True)) is role
    assert NAMES[str(role)] is role


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
@pytest.mark.parametrize("name", ["security-champion", "Admin", ""])
def test_a_custom_role_is_worth_its_highest_flag(flags, role, name):
    assert role_of(name, flags) is role


def test_roles_are_in_github_s_order():
    assert [str(role) for role in sorted(Role)] == [
        "none",
        "read",
        "triage",
        "write",
        "maintain",
        "admin",
    ]
