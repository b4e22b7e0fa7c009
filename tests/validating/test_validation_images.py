"""A validation in an image of its own: its programs, and nothing of the host's."""

import signal

import pytest

from bot.model.runs import Limits
from tests.validating.rooted import NAME, make_root

SAYS = {"Env": ["PATH=/opt/tools:/usr/bin", "LANG=C", "HOME=/root", "FROM_IMAGE=yes"]}


@pytest.fixture
def root(tmp_path):
    return make_root(tmp_path / "root", says=SAYS)


async def ended(gateway, launched, **more):
    async with gateway:
        await launched(gateway, **more)
        return await gateway.verdict()


def said(told):
    """Read lines of a word and what was found."""
    return dict(line.split(" ", 1) for line in told["log"].splitlines())


LOOK = r"""
echo "system $(grep NAME /etc/os-release) $(id -un)"
echo "told $PATH $LANG $HOME $FROM_IMAGE $CI"
echo "tree $(echo made > new && echo $(cat src/a.py new))"
echo "top $(echo $(ls -A /))"
echo "written $(touch /tmp/x /var/tmp/x $HOME/x /run/x && ls /tmp)"
"""


async def test_its_programs_are_those_of_the_image(validation, launched, root):
    told = said(await ended(validation(LOOK, image=NAME), launched, roots={NAME: root}))
    assert told["system"] == "NAME=made-for-a-test agent"
    assert told["told"] == "/opt/tools:/usr/bin C /home/agent yes true"
    assert told["tree"] == "x=2 made"
    assert told["top"] == (
        "bin dev etc home lib lib64 mirror.git proc run sbin tmp usr var workspace"
    )
    assert told["written"] == "x"


async def test_nothing_of_it_can_be_changed(validation, launched, root):
    run = "for at in / /usr/bin /etc /var/lib /dev /proc; do touch $at/x; done; ls /home /run"
    log = (await ended(validation(run, image=NAME), launched, roots={NAME: root}))["log"]
    assert log.count("Read-only file system") == 5
    assert log.splitlines()[-4:] == ["/home:", "agent", "", "/run:"]


async def test_limits_hold_although_it_has_no_program_that_sets_them(validation, launched, root):
    assert not (root / "usr/bin/prlimit").exists()
    limits = Limits(seconds=60, processes=30, file_size=4096, memory=2**30, open_files=99)
    many = "i=0; while test $i -lt 60; do sleep 5 >/dev/null 2>&1 & i=$((i + 1)); done"
    run = f"ulimit -v; ulimit -n; ulimit -c; ({many}) 2>&1 | grep -o fork; cat /dev/zero > big"
    gateway = validation(run, image=NAME, limits=limits)
    told = await ended(gateway, launched, roots={NAME: root})
    assert told["log"].splitlines()[:4] == [str(2**20), "99", "0", "fork"]
    assert told["signal"] == signal.SIGXFSZ


async def test_toolboxes_stand_beside_it_with_its_own_libraries(
    validation, launched, root, tmp_path
):
    (tmp_path / "box/bin").mkdir(parents=True)
    (tmp_path / "box/bin/tool").write_text("#!/bin/sh\necho $0 $PATH; grep NAME /etc/os-release\n")
    for path in (tmp_path / "box", tmp_path / "box/bin", tmp_path / "box/bin/tool"):
        path.chmod(0o755)
    gateway = validation("tool", image=NAME)
    await ended(gateway, launched, roots={NAME: root}, toolboxes={"mine": tmp_path / "box"})
    assert gateway.output.splitlines() == [
        "/toolbox/mine/bin/tool /toolbox/mine/bin:/opt/tools:/usr/bin",
        "NAME=made-for-a-test",
    ]


async def test_an_image_that_no_command_runs_in_has_no_verdict(validation, launched, root):
    (root / "usr/bin/sh").unlink()
    told = await ended(validation("true", image=NAME), launched, roots={NAME: root})
    assert told["cause"] == "crashed"
    assert told["words"] == f"The image `{NAME}` has no `/bin/sh`, which runs commands."


HOSTILE = {"workspace": "/etc", "proc": "/usr", "etc": "/proc/self/root/etc", "home": "/"}


async def test_an_image_whose_folders_lead_elsewhere_gets_ours(
    validation, launched, root, tmp_path
):
    (root / "etc").rename(tmp_path / "etc-of-the-image")
    for name, to in HOSTILE.items():
        (root / name).symlink_to(to)
    for name in ("dev", "tmp", "mirror.git"):
        (root / name).write_text("a file")
    run = "cat src/a.py; id -un; ls -d /proc/self/stat /etc/*; touch /tmp/x; test -c /dev/null"
    gateway = validation(run, image=NAME)
    told = await ended(gateway, launched, roots={NAME: root})
    assert told["log"].splitlines() == [
        *("x=2", "agent", "/etc/group", "/etc/hosts", "/etc/nsswitch.conf", "/etc/passwd"),
        "/proc/self/stat",
    ]
    assert told["exit"] == 0


async def test_a_program_that_was_set_to_run_as_another_runs_as_any(validation, launched, root):
    (root / "usr/bin/id").chmod(0o6755)
    gateway = validation("id -u; id -ru; grep NoNewPrivs /proc/self/status", image=NAME)
    await ended(gateway, launched, roots={NAME: root})
    assert gateway.output.split() == ["1000", "1000", "NoNewPrivs:", "1"]
