"""Roots of images, made of this host's programs with their libraries."""

import io
import json
import os
import shutil
import sys
import tarfile
from pathlib import Path

from bot.rules.images import SAYS
from tests.runners.agent_image import put, put_libraries

PROGRAMS = ("cat", "env", "grep", "id", "ln", "ls", "mkdir", "sh", "sleep", "stat", "touch")
NAME = f"registry.example/tests/root@sha256:{'1' * 64}"
"""What an image is called that no registry has."""


def make_root(folder: Path, *programs: str, says: object = None) -> Path:
    """Lay out the tree of an image, as it is unpacked."""
    for name in ("usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "etc", "var/lib", "run"):
        (folder / name).mkdir(parents=True)
    for name in ("bin", "lib", "lib64", "sbin"):
        (folder / name).symlink_to(f"usr/{name}")
    for name in (*PROGRAMS, *programs):
        put(folder, shutil.which(name))
    (folder / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n")
    (folder / "etc/os-release").write_text("NAME=made-for-a-test\n")
    (folder / SAYS).write_text(json.dumps({} if says is None else {"config": says}))
    folder.chmod(0o755)
    return folder


def packed(folder: Path) -> bytes:
    """Return a root as the tar of a layer, without what an image says."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for path in sorted(folder.iterdir()):
            if path.name != SAYS:
                made.add(path, path.name)
    return out.getvalue()


def add_python(root: Path) -> Path:
    """Lay this interpreter into a root, with what `-S` leaves of its library."""
    real = Path(sys.executable).resolve()
    library = Path(os.__file__).parent
    put_at(root, real)
    (root / "usr/bin/python3").symlink_to(real)
    kept = (
        library,
        *(library / name for name in ("collections", "ctypes", "encodings", "importlib", "re")),
    )
    for folder in (*kept, library / "json", library / "lib-dynload"):
        there = root / folder.relative_to("/")
        there.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path.suffix in {".py", ".so"}:
                shutil.copy2(path, there)
    for module in (library / "lib-dynload").glob("*.so"):
        put_libraries(root, module)
    return root


def put_at(root: Path, program: Path) -> None:
    """Copy a program to where it is on this host, with its libraries."""
    there = root / program.relative_to("/")
    there.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(program, there)
    put_libraries(root, program)
