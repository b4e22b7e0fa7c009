"""What a validation has that builds images: a place for them, and a user namespace to mount in.

No program in its box has power over anything that was there before it.  In the namespace it
is root over one id, its own, and over what it mounts itself; everything else is locked.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bot.model.inside import IMAGES
from bot.model.validations import Definition
from bot.sandbox.box import Bind, Box
from bot.sandbox.folder import JobFolder

NO_BUILDER = (
    "Its box could have no user namespace to build in: this host or image does not let it."
)

STORAGE = "/var/lib/containers"
"""Where builders keep images when they are root; not in a home, which may be an overlay."""

CONFIGURATION = "/etc/containers"

PATH = "bases"
"""What stands before the number of a place, in addresses of its images."""

_SCRATCH = f"{STORAGE}/scratch"
_TRIED = f"{STORAGE}/tried"

# Layers are laid over each other where the kernel lets an ordinary user, else copied.
_BEGIN = f"""
mkdir -p {_TRIED}/lower {_TRIED}/upper {_TRIED}/work {_TRIED}/whole
export STORAGE_DRIVER=vfs
if mount -t overlay -o userxattr,lowerdir={_TRIED}/lower,upperdir={_TRIED}/upper,\
workdir={_TRIED}/work overlay {_TRIED}/whole 2>/dev/null
then umount {_TRIED}/whole && export STORAGE_DRIVER=overlay
fi
exec /bin/sh -c "$0"
"""

# https://github.com/containers/storage/blob/main/docs/containers-storage.conf.5.md
_PLACES = f"""\
[storage]
driver = "vfs"
graphroot = "{STORAGE}/storage"
runroot = "{STORAGE}/run"
"""

# https://github.com/containers/image/blob/main/docs/containers-policy.json.5.md
_POLICY = {"default": [{"type": "insecureAcceptAnything"}]}


def outfitted(box: Box, folder: JobFolder, definition: Definition) -> Box:
    """Return the same box with what builders of images want, which is written down for it.

    Address space is not bounded in it, which builders reserve more of than they use.
    """
    kept, told = folder.builds, folder.root / "containers"
    if not kept.exists():  # what a build has left in it is not looked into
        (kept / Path(_SCRATCH).name).mkdir(parents=True)
    told.mkdir(exist_ok=True)
    (told / "storage.conf").write_text(_PLACES, encoding="utf-8")
    (told / "policy.json").write_text(json.dumps(_POLICY), encoding="utf-8")
    (told / "registries.conf").write_text(registries(definition.bases), encoding="utf-8")
    binds = (
        Bind(source=str(kept), target=STORAGE, writable=True),
        Bind(source=str(told), target=CONFIGURATION),
    )
    return replace(
        box,
        binds=(*box.binds, *binds),
        environment=box.environment | {"BUILDAH_ISOLATION": "chroot", "TMPDIR": _SCRATCH},
        reserves=True,
        builds=True,
    )


def begun(run: str) -> Sequence[str]:
    """Return the argv that runs a command in a user namespace of its own."""
    return ("unshare", "-r", "-m", "/bin/sh", "-c", _BEGIN, run)


def has_begun(folder: JobFolder) -> bool:
    """Tell whether there was such a namespace."""
    return (folder.builds / Path(_TRIED).name).exists()


def registries(places: Sequence[str]) -> str:
    """Write where the images of some places are to be had: at a port of the box.

    https://github.com/containers/image/blob/main/docs/containers-registries.conf.5.md
    """
    lines = ['unqualified-search-registries = ["docker.io"]']
    for number, place in enumerate(places):
        at = f"127.0.0.1:{IMAGES}/{PATH}/{number}"
        lines += ["[[registry]]", f"prefix = {json.dumps(place)}"]
        lines += [f"location = {json.dumps(at)}", "insecure = true"]
    return "\n".join([*lines, ""])
