import subprocess

import pytest

from bot.model.gitconfig import git_config


def git(settings, home, *argv):
    """What git answers to somebody with a `.gitconfig` of their own."""
    home.joinpath(".gitconfig").write_text("[user]\nname = ann\n")
    env = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(home), **git_config(settings)}
    run = subprocess.run(
        ["git", *argv], env=env, cwd=home, capture_output=True, text=True, check=False
    )
    return run.stdout


@pytest.mark.parametrize("value", ["/dev/null", "a=b", "two words", "", "!helper 'x'"])
def test_git_reads_every_setting_as_it_was_given(tmp_path, value):
    settings = [("core.hooksPath", "/none"), ("greenroom.value", value)]
    assert git(settings, tmp_path, "config", "core.hooksPath") == "/none\n"
    assert git(settings, tmp_path, "config", "greenroom.value") == f"{value}\n"


def test_a_setting_may_be_given_more_than_once(tmp_path):
    settings = (("safe.directory", folder) for folder in ("/a", "/b"))
    assert git(settings, tmp_path, "config", "--get-all", "safe.directory") == "/a\n/b\n"


@pytest.mark.parametrize("settings", [[], [("core.pager", "cat")]])
def test_git_reads_nothing_of_the_machine_s_settings(tmp_path, settings):
    assert git(settings, tmp_path, "config", "user.name") == ""
    assert git(settings, tmp_path, "config", "--list").count("\n") == len(settings)
