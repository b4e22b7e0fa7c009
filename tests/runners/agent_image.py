"""An image made of this host's own programs, and a podman that keeps all it has in one folder.

Nothing is pulled: the image holds what an agent's box needs, with the libraries of each.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import _pydantic_core

PROGRAMS = [
    "awk", "basename", "bash", "bwrap", "cat", "chmod", "chown", "cp", "cut", "date", "dd", "df",
    "dirname", "du", "echo", "env", "false", "find", "git", "grep", "head", "hostname", "id",
    "ln", "ls", "mkdir", "mkfifo", "mount", "mv", "prlimit", "ps", "readlink", "rm", "sed", "seq",
    "setsid", "sh", "sleep", "sort", "stat", "tail", "tee", "test", "timeout", "touch", "tr",
    "true", "umount", "uname", "unshare", "wc", "xargs", "yes",
]  # fmt: skip
LIBRARY = re.compile(r"(/\S+) \(0x")


@dataclass(frozen=True)
class Podman:
    """One whose images, containers and settings lie in a folder of the test's own."""

    home: Path
    image: str
    prefix: tuple[str, ...] = ()
    runtime: str = "runc"

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


def make_podman(home, tree, prefix=(), owner=0):
    """Settle a podman in `home` with one image, made of the folder `tree`.

    Commands that begin with `prefix` are run by the user who is to have it.
    """
    for path in (home, home / "run", home / "graph"):
        path.mkdir(mode=0o700, exist_ok=True)
        os.chown(path, owner, owner)
    (home / "containers.conf").write_text('[engine]\nevents_logger = "none"\n')
    (home / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{home}/graph"\nrunroot = "{home}/run/c"\n'
    )
    image = import_image(home, tree, "localhost/agent", prefix)
    return Podman(home=home, image=image, prefix=tuple(prefix))


def import_image(home, tree, name, prefix=()):
    """Make an image of a folder; return its name, by digest."""
    around = {"PATH": "/usr/bin:/bin:/usr/sbin", **environment(home)}
    subprocess.run(["tar", "-C", tree, "-cf", home / "tree.tar", "."], check=True)
    podman = [*prefix, "podman"]
    for words in (["import", "--quiet", home / "tree.tar", name], ["image", "inspect", name]):
        done = subprocess.run(
            [*podman, *words], env=around, check=True, capture_output=True, cwd="/"
        )
    return f"{name}@{json.loads(done.stdout)[0]['Digest']}"


def remove_podman(home):
    """Take the folder away, with the mounts that podman leaves in it, and its idle process."""
    for pause in home.glob("run/libpod/tmp/pause.pid"):
        os.kill(int(pause.read_text()), signal.SIGKILL)
    subprocess.run(
        ["umount", "--lazy", home / "graph" / "overlay"], check=False, stderr=subprocess.DEVNULL
    )
    shutil.rmtree(home)


def make_tree(root, interpreter=sys.executable):
    """Lay out the root of the image, with the interpreter if that is the system's."""
    for name in ("usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "tmp", "proc", "dev", "etc"):
        (root / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / name).symlink_to(f"usr/{name}")
    (root / "usr/share").mkdir()
    (root / "usr/share/agent-image").write_text("made for a test\n")
    for name in filter(shutil.which, (*PROGRAMS, "buildah")):
        put(root, shutil.which(name))
    core = Path(_said("git", "--exec-path").strip())
    shutil.copytree(core, root / core.relative_to("/"), symlinks=True)
    put(root, str(core / "git-remote-http"))
    put_libraries(root, _pydantic_core.__file__)
    real = str(Path(interpreter).resolve())
    put_libraries(root, real)
    if real.startswith("/usr/"):
        put(root, real)
        (root / "usr/bin/python3").symlink_to(Path(real).name)
        library = Path(_said(real, "-I", "-c", "import os; print(os.__file__)").strip()).parent
        shutil.copytree(library, root / library.relative_to("/"))
        for module in library.glob("lib-dynload/*.so"):
            put_libraries(root, module)


def put(root, program):
    """Copy a program into a root, with its libraries."""
    _copy(root, program)
    put_libraries(root, program)


def put_libraries(root, program):
    """Copy the libraries of a program, or of a library."""
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
