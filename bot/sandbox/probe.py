"""Whether this host can make a sandbox at all, found out by making one.

The answer for a host that cannot is one sentence that says what to install or to set.
There is no way to run without.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from bot.model.errors import Misconfigured
from bot.sandbox.box import ETC, Box, Bubblewrap, Descriptors, argv
from bot.sandbox.proc import telling
from bot.sandbox.seccomp import program

PATIENCE = 20
"""Seconds that one try may take; it takes about fifteen milliseconds on an idle machine."""

_NOBODY = 65534
_TRUE = ("/usr/bin/true",)


@lru_cache(maxsize=1)
def bubblewrap() -> Bubblewrap:
    """Find bubblewrap on PATH and read from its help what it can do.

    Raises:
        Misconfigured: it is not installed, or too old.
    """
    path = shutil.which("bwrap")
    if path is None:
        raise Misconfigured(
            "The sandbox needs bubblewrap: install the package `bubblewrap` (0.8 or later)."
        )
    text = subprocess.run([path, "--help"], capture_output=True, text=True, check=False).stdout
    if "--size" not in text:
        raise Misconfigured(f"{path} is too old for the sandbox: install bubblewrap 0.8 or later.")
    return Bubblewrap(path=path, disable_userns="--disable-userns" in text, telling=telling())


def probe(
    filtered: bytes | None = None, box: Box | None = None, words: Sequence[str] = _TRUE
) -> Bubblewrap:
    """Start a program in a box, as the kind of user that jobs have, and return what made it.

    Blocks for some milliseconds.

    Args:
        filtered: the compiled filter, where libseccomp is not at hand.
        box: what is to be in it beside the system.
        words: the program's argv.

    Raises:
        Misconfigured: no box can be made here; the message says what to install or to set.
    """
    found = bubblewrap()
    if not Path("/usr/bin/prlimit").exists():
        raise Misconfigured(
            "The sandbox needs /usr/bin/prlimit: install the package `util-linux`."
        )
    with tempfile.TemporaryFile() as rules, tempfile.TemporaryDirectory() as etc:
        rules.write(filtered or program())
        rules.seek(0)
        # nobody may be unable to read the folder of this code; jobs get a view of it
        shutil.copytree(ETC, etc, dirs_exist_ok=True)
        Path(etc).chmod(0o755)
        try:
            tried = _try(found, replace(box or Box(), etc=etc), words, rules.fileno())
        except subprocess.TimeoutExpired as problem:
            words = f"The sandbox did not come up within {PATIENCE} s: see whether bwrap hangs."
            raise Misconfigured(words) from problem
    if tried.returncode != 0:
        raise Misconfigured(remedy(tried.stderr))
    return found


def cannot_build(filtered: bytes | None = None) -> str:
    """Say why no images can be built in boxes here; nothing where they can.  Blocks.

    `filtered` is the compiled filter for it, where libseccomp is not at hand.
    """
    words = ("/usr/bin/unshare", "-r", "-m", "/bin/mount", "-t", "tmpfs", "none", "/tmp")  # noqa: S108 - inside
    try:
        probe(filtered or program(builds=True), Box(builds=True), words)
    except Misconfigured as problem:
        return str(problem)
    return ""


def _try(
    found: Bubblewrap, box: Box, words: Sequence[str], rules: int
) -> subprocess.CompletedProcess[str]:
    # bubblewrap started by root keeps root's uid inside: jobs never do that, nor does the probe
    someone = _NOBODY if os.geteuid() == 0 else None
    return subprocess.run(
        argv(box, words, found, Descriptors(seccomp=rules)),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        pass_fds=(rules,),
        user=someone,
        group=someone,
        extra_groups=None if someone is None else (),
        env={},
        cwd="/",
    )


def remedy(complaint: str) -> str:
    """Say in one sentence what to set, given what bubblewrap complained of."""
    said = complaint.strip().splitlines()[-1] if complaint.strip() else "it gave no reason"
    if "proc" in complaint and "mount" in complaint.lower():
        advice = (
            "the container hides parts of /proc: start it with "
            "`--security-opt systempaths=unconfined --security-opt seccomp=unconfined`"
        )
    elif "uid map" in complaint or "RTM_NEWADDR" in complaint:
        advice = (
            "AppArmor forbids user namespaces: set "
            "`sysctl kernel.apparmor_restrict_unprivileged_userns=0` or give bwrap a profile"
        )
    elif "namespace" in complaint or "clone" in complaint.lower():
        advice = (
            "the kernel forbids user namespaces: set `sysctl kernel.unprivileged_userns_clone=1` "
            "and `sysctl user.max_user_namespaces=10000`, in a container also "
            "`--security-opt seccomp=unconfined`"
        )
    else:
        advice = "see docs/security.md for what a host needs"
    return f"No sandbox can be made here ({said}); {advice}."
