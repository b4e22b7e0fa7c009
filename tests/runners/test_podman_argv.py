"""The command line that makes a container, compared whole."""

from dataclasses import replace

import pytest

from bot.runners.podman_argv import Engine, for_job, views
from bot.sandbox.folder import JobFolder, Order

ENGINE = Engine(
    path="/usr/bin/podman",
    runtime="/usr/bin/crun",
    image="agent@sha256:0a",
    filter="/srv/jobs/.podman/seccomp.json",
    keeps_id=True,
    bounds=False,
    files=100,
    processes=50,
)
ORDER = Order(
    job="job-1",
    task="agent",
    uid=None,
    tree="/srv/tree",
    mirror="/srv/mirror.git",
    gateway="/srv/gateway",
    toolboxes=(("python", "/opt/python"),),
    code="/opt/greenroom",
    packages=("/opt/venv/lib",),
    python="/usr",
    clock=None,
    limits={"memory": 1024**3, "processes": 64},
    bwrap="/usr/bin/bwrap",
    disable_userns=True,
    grace=10,
    launched=0,
)
AS_A_USER = """
/usr/bin/podman --runtime /usr/bin/crun run --rm --pull never
--network none --no-hosts --http-proxy=false --hostname greenroom
--cap-drop all --security-opt no-new-privileges
--security-opt seccomp=/srv/jobs/.podman/seccomp.json --security-opt unmask=ALL
--security-opt label=disable --security-opt apparmor=unconfined
--read-only --image-volume ignore --no-healthcheck --log-driver none
--ulimit nofile=100:100 --ulimit nproc=50:50 --userns keep-id
--workdir / --unsetenv-all --env PATH=/usr/bin:/bin --env LANG=C.UTF-8
--name {group} --label greenroom.job=job-1 --replace --interactive --preserve-fds 1
--mount type=bind,source=/srv/tree,target=/srv/tree,readonly
--mount type=bind,source=/srv/mirror.git,target=/srv/mirror.git,readonly
--mount type=bind,source=/srv/gateway,target=/srv/gateway,readonly
--mount type=bind,source=/opt/python,target=/opt/python,readonly
--mount type=bind,source=/opt/greenroom/bot,target=/opt/greenroom/bot,readonly
--mount type=bind,source=/opt/venv/lib,target=/opt/venv/lib,readonly
--mount type=bind,source={job},target={job}
--entrypoint python3 agent@sha256:0a -c main
"""


@pytest.fixture
def folder(tmp_path):
    return JobFolder(tmp_path)


def words(engine, folder, order):
    shown = replace(order, views=views(folder, order))
    return for_job(engine, folder, shown, ("python3", "-c", "main"))


def test_an_ordinary_user_shows_folders_as_they_are_and_stays_who_it_is(folder):
    expected = AS_A_USER.format(group=folder.group, job=folder.root).split()
    assert sorted(words(ENGINE, folder, ORDER)) == sorted(expected)
    assert words(ENGINE, folder, ORDER)[:20] == expected[:20]
    assert words(ENGINE, folder, ORDER)[-5:] == expected[-5:]


def test_root_gives_the_job_a_uid_views_and_bounds(folder):
    engine = replace(ENGINE, keeps_id=False, bounds=True)
    said = " ".join(words(engine, folder, replace(ORDER, uid=210_007)))
    assert "keep-id" not in said
    assert "--user 210007:210007" in said
    assert "--memory 1342177280 --memory-swap 1342177280 --pids-limit 320" in said
    assert f"source={folder.root}/views/0,target=/srv/mirror.git,readonly" in said
    assert "source=/srv/tree" not in said


def test_an_interpreter_outside_of_usr_and_the_clock_are_shown_too(folder):
    shown = dict(views(folder, replace(ORDER, python="/opt/py", clock="/srv/time/clock")))
    assert {"/opt/py", "/srv/time"} <= shown.keys()
    assert "/usr" not in dict(views(folder, ORDER))


def test_what_lies_in_another_folder_is_mounted_after_it(folder):
    order = replace(ORDER, python="/opt/venv", toolboxes=())
    said = words(ENGINE, folder, order)
    inner, outer = (
        f"type=bind,source={p},target={p},readonly" for p in ("/opt/venv/lib", "/opt/venv")
    )
    assert said.index(outer) < said.index(inner)


def test_where_jobs_have_images_servers_may_want_any_port(folder):
    order = replace(ORDER, roots=(("db", "/srv/images/db"),))
    said = " ".join(words(ENGINE, folder, order))
    assert "--sysctl net.ipv4.ip_unprivileged_port_start=0" in said
    assert "source=/srv/images/db,target=/srv/images/db,readonly" in said
