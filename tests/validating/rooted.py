"""Roots of images, made of this host's programs with their libraries."""

import io
import json
import shutil
import tarfile
from pathlib import Path

from bot.rules.images import SAYS
from tests.runners.agent_image import put

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
