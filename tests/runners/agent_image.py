"""An image made of this host's own programs, and a podman that keeps all it has in one folder.

Nothing is pulled: the image holds what an agent's box needs, with the libraries of each.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import _pydantic_core

PROGRAMS = [
    "awk", "basename", "bash", "bwrap", "cat", "chmod", "chown", "cp", "cut", "date", "dd", "df",
    "dirname", "du", "echo", "env", "false", "find", "git", "grep", "head", "hostname", "id", "ln",
    "ls", "mkdir", "mkfifo", "mv", "ps", "prlimit", "rm", "sed", "seq", "setsid", "sh", "sleep",
    "sort", "stat", "tail", "tee", "test", "timeout", "touch", "tr", "true", "uname", "unshare",
    "wc", "xargs", "yes",
]  # fmt: skip
LIBRARY = re.compile(r"(/\S+) \(0x")


@dataclass(frozen=True)
class Podman:
    """One whose images, containers and settings lie in a folder of the test's own."""

    home: Path
    image: str

    @property
    def environment(self):
        return environment(self.home)


def environment(home):
    return {
        "HOME": str(home),
        "XDG_RUNTIME_DIR": str(home / "run"),
        "CONTAINERS_CONF": str(home / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(home / "storage.conf"),
    }


def make_podman(home, tree):
    """Settle a podman in `home`, for the user who calls, with the one image from `tree`."""
    for name in ("run", "graph"):
        (home / name).mkdir(mode=0o700)
    (home / "containers.conf").write_text('[engine]\nevents_logger = "none"\n')
    (home / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{home}/graph"\nrunroot = "{home}/run/c"\n'
    )
    return Podman(home=home, image=import_image(home, tree, "localhost/agent"))


def import_image(home, tree, name):
    """Make an image of a folder; return its name, by digest."""
    around = {"PATH": "/usr/bin:/bin:/usr/sbin", **environment(home)}
    subprocess.run(["tar", "-C", tree, "-cf", home / "tree.tar", "."], check=True)
    for words in (["import", "--quiet", home / "tree.tar", name], ["image", "inspect", name]):
        done = subprocess.run(["podman", *words], env=around, check=True, capture_output=True)
    return f"{name}@{json.loads(done.stdout)[0]['Digest']}"


def remove_podman(home):
    """Take the folder away, with the mounts that podman leaves in it."""
    subprocess.run(
        ["umount", "--lazy", home / "graph" / "overlay"], check=False, stderr=subprocess.DEVNULL
    )
    shutil.rmtree(home)


def make_tree(root):
    """Lay out the root of the image."""
    for name in ("usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "tmp", "proc", "dev", "etc"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "usr/share").mkdir()
    (root / "usr/share/agent-image").write_text("made for a test\n")
    for name in PROGRAMS:
        _put(root, shutil.which(name))
    core = Path(_said("git", "--exec-path").strip())
    shutil.copytree(core, root / core.relative_to("/"), symlinks=True)
    _put(root, str(core / "git-remote-http"))
    for program in (sys.executable, _pydantic_core.__file__):
        _put_libraries(root, program)
    if Path(sys.base_prefix).is_relative_to("/usr"):
        _put(root, str(Path(sys.executable).resolve()))
        library = Path(os.__file__).parent
        shutil.copytree(library, root / library.relative_to("/"), dirs_exist_ok=True)


def _put(root, program):
    _copy(root, program)
    _put_libraries(root, program)


def _put_libraries(root, program):
    for path in LIBRARY.findall(_said("ldd", program)):
        _copy(root, path)


def _copy(root, path):
    system = path if path.startswith(("/usr", "/lib", "/bin")) else f"/lib/{Path(path).name}"
    target = root / (system if system.startswith("/usr") else f"/usr{system}").lstrip("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy2(Path(path).resolve(), target)


def _said(*words):
    return subprocess.run(words, check=False, capture_output=True, text=True).stdout
