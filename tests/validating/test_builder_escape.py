"""A program that tries to get out of the box in which images are built."""

import shutil

import pytest

from bot.sandbox.probe import cannot_build
from tests.runners.outside import ESCAPE, outside, shut, tell_job

PYTHON = "/opt/greenroom/python/bin/python3"
RUN = f"until [ -s ~/targets ]; do sleep 0.02; done; {PYTHON} escape.py ~/targets"
OWN = (
    *("mount", "umount", "chroot", "pivot_root", "unshare program", "root by its number"),
    *("mount namespace", "uts namespace", "user namespace", "folder /var"),
)
"""What builders have: mounts and an id of a namespace of their own, which reach nothing else."""

LOCKED = """
tried() { "$@" 2>/dev/null && echo "open: $*"; }
for each in /proc/1 /usr /mirror.git /proc /workspace /proc/sys/kernel/random/boot_id
do tried umount $each; tried umount -l $each; done
for each in / /usr /mirror.git /opt/greenroom/python
do tried mount -o remount,bind,rw $each; tried touch $each/x; done
mkdir /tmp/at
for each in proc sysfs cgroup cgroup2 devtmpfs debugfs tracefs securityfs ext4 nfs
do tried mount -t $each $each /tmp/at; done
tried mknod /tmp/disk b 254 0; tried mknod /tmp/kmsg c 1 11
tried mount -o remount,bind,dev,suid,exec /workspace
tried sh -c 'echo 1 > /proc/sys/kernel/core_pattern'
for each in --net --pid --ipc --cgroup --time; do tried unshare $each true; done
tried nsenter --target 1 --mount true; tried nsenter --target $PPID --mount true
tried setpriv --reuid 1 sh -c '[ "$(id -u)" != 0 ]'
echo all tried
"""

needs_power = pytest.mark.skipif(bool(cannot_build()), reason=f"no namespaces: {cannot_build()}")
pytestmark = [
    needs_power,
    pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed"),
]


async def test_no_way_out_of_a_builders_box_is_open(stage, validation, launched, made):
    work = made({"escape.py": ESCAPE.read_text()})
    gateway = validation(RUN, work, kind="builder", bases=("registry.example/base",))
    async with gateway:
        await launched(gateway, builds=True)
        job = stage.home / "jobs" / gateway.plan.job
        with outside(stage.home) as there:
            await gateway.begun.wait()
            tell_job(job, there)
            told = await gateway.verdict()
    shut(told["log"], OWN)


async def test_what_is_mounted_for_it_a_builder_cannot_change(validation, launched):
    gateway = validation(LOCKED, kind="builder", bases=("registry.example/base",))
    async with gateway:
        await launched(gateway, builds=True)
        await gateway.verdict()
    assert gateway.output == "all tried\n"
