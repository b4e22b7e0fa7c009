"""What the doctor sees of the host, and of the app on GitHub."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.clocks import system_clock
from bot.doctor import host
from bot.doctor.command import examine
from bot.doctor.github import app_findings, identity_findings
from bot.doctor.host import host_findings
from bot.github.permissions import union
from bot.model.readers import ALWAYS_SENT, EVENTS
from bot.model.settings import Process, read_settings
from bot.sandbox.probe import bubblewrap
from tests.github.embedded import control, embedded
from tests.github.scripted import Time

APP = {"slug": "greenroom", "id": 5, "permissions": union(), "events": EVENTS - ALWAYS_SENT}


def found(home: Path, **env):
    settings = read_settings({"GREENROOM_HOME": str(home), **env}, frozenset())
    return {each.where: each for each in host_findings(settings)}


def test_a_home_that_is_not_there(tmp_path):
    assert found(tmp_path / "x")["GREENROOM_HOME"].remedy
    assert not found(tmp_path)["GREENROOM_HOME"].remedy


def test_a_disk_that_is_nearly_full(tmp_path, monkeypatch):
    monkeypatch.setattr(host, "ROOM", shutil.disk_usage(tmp_path).total)
    assert "Make room" in found(tmp_path)["GREENROOM_HOME"].remedy


def test_a_toolbox_that_is_no_folder_or_has_no_programs(tmp_path):
    assert (
        "no folder `bin`"
        in found(tmp_path, GREENROOM_TOOLBOXES=f"a={tmp_path}")["GREENROOM_TOOLBOXES, a"].what
    )
    (tmp_path / "bin").mkdir()
    env = {"GREENROOM_TOOLBOXES": f"a={tmp_path},b=/nowhere"}
    assert set(found(tmp_path, **env)) >= {"GREENROOM_TOOLBOXES, b"}
    assert "GREENROOM_TOOLBOXES, a" not in found(tmp_path, **env)


def test_a_host_is_told_whether_images_can_be_built(tmp_path, monkeypatch):
    def said():
        return found(tmp_path)["builders"].what

    monkeypatch.setattr(host, "cannot_build", lambda: "")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    (tmp_path / "buildah").touch(mode=0o755)
    assert said() == f"validations may have the class; {tmp_path}/buildah builds images"
    monkeypatch.setattr(host, "cannot_build", lambda: "The kernel says no.")
    assert said() == "there can be none: The kernel says no"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives jobs users of their own")
def test_user_ids_that_somebody_has_or_that_are_too_few(tmp_path):
    nobody = pwd.getpwnam("nobody").pw_uid
    users = {"GREENROOM_JOB_UIDS": f"{nobody}-{nobody + 9}"}
    assert "nobody" in found(tmp_path, **users)["GREENROOM_JOB_UIDS"].what
    few = {"GREENROOM_JOB_UIDS": "210000-210001"}
    assert found(tmp_path, **few)["GREENROOM_JOB_UIDS"].remedy == "Give a wider range"


def test_a_sandbox_that_cannot_be_made_says_what_to_install(tmp_path, monkeypatch):
    bubblewrap.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    try:
        assert "install the package `bubblewrap`" in found(tmp_path)["sandbox"].remedy
    finally:
        bubblewrap.cache_clear()


def test_an_app_with_all_that_the_manifest_asks_for_is_well():
    assert [each.remedy for each in identity_findings(APP, "https://github.com")] == [""]


def test_an_app_that_asks_for_less_or_hears_less_is_not():
    less = {**APP, "permissions": {"metadata": "read"}, "events": []}
    _, rights, events = identity_findings(less, "https://github.com")
    assert "checks: write" in rights.what
    assert "issues" in events.what
    assert "https://github.com/settings/apps/greenroom" in events.remedy


async def test_the_doctor_finds_everything_well_where_it_is(tmp_path):
    nobody, now = "http://127.0.0.1:1/webhook", Time()
    now.now = system_clock().now()
    async with embedded(tmp_path / "hub", now, nobody) as hub:
        wanted = {"permissions": union(), "events": sorted(EVENTS - ALWAYS_SENT)}
        app = await control(
            hub.http, hub.base, "POST /apps", slug="well", owner="octo", webhook_url=nobody,
            webhook_secret="sesame", **wanted,
        )  # fmt: skip
        env = {
            "GITHUB_APP_ID": str(app["id"]),
            "GITHUB_PRIVATE_KEY": app["pem"],
            "GITHUB_API_URL": hub.base,
            "GREENROOM_HOME": str(tmp_path),
        }
        settings = read_settings(env, frozenset({Process.WORK}))
        assert [each.remedy for each in await app_findings(settings)] == [""]
        other = read_settings({**env, "GITHUB_APP_ID": "999"}, frozenset({Process.WORK}))
        (refused,) = await app_findings(other)
        assert "are of one app" in refused.remedy


async def test_a_github_that_is_not_there_and_a_key_that_is_none(tmp_path, unused_tcp_port):
    env = {
        "GITHUB_APP_ID": "5",
        "GITHUB_PRIVATE_KEY_FILE": str(tmp_path / "nothing.pem"),
        "GITHUB_WEBHOOK_SECRET": "sesame",
        "GITHUB_API_URL": f"http://127.0.0.1:{unused_tcp_port}",
        "GREENROOM_HOME": str(tmp_path),
    }
    assert "GITHUB_PRIVATE_KEY" in [each.where for each in await examine(env) if each.remedy]


async def test_settings_that_cannot_be_read_end_the_examination():
    assert [each.where for each in await examine({"PORT": "x"}) if each.where == "PORT"]


def test_the_command_ends_with_one_and_shows_no_secret(tmp_path):
    env = {
        "PATH": os.environ["PATH"],
        "GREENROOM_HOME": str(tmp_path),
        "GITHUB_WEBHOOK_SECRET": "sesame-open",
        "GITHUB_PRIVATE_KEY": "not-a-key",
        "GITHUB_APP_ID": "5",
        "DATABASE_URL": "sqlite:///nowhere/sesame-open.db",
    }
    argv = [sys.executable, "-m", "bot", "doctor"]
    ended = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 1, ended.stderr
    assert "DATABASE_URL" in ended.stdout
    assert "sesame-open" not in ended.stdout + ended.stderr
    assert "not-a-key" not in ended.stdout + ended.stderr
