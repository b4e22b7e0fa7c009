"""Mounts of Linux that Python's standard library does not know, one function a call.

The workspace of a job is the warm tree that many jobs share, seen through an overlay and,
where the kernel can (5.12), through an idmapped mount: files that root owns on disk appear
as the job's own, with no copy and no chown.
https://man7.org/linux/man-pages/man2/mount_setattr.2.html
"""

import ctypes
import os
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# include/uapi/linux/sched.h
CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000

# include/uapi/linux/mount.h
_MS_NOSUID, _MS_NODEV, _MS_REC, _MS_PRIVATE = 2, 4, 0x4000, 1 << 18
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_IDMAP = 0x1, 0x2, 0x00100000
_OPEN_TREE_CLONE, _MOVE_MOUNT_F_EMPTY_PATH = 1, 0x4

# include/uapi/linux/fcntl.h
_AT_FDCWD, _AT_EMPTY_PATH, _AT_RECURSIVE = -100, 0x1000, 0x8000

# since 424 every architecture numbers its calls alike
_SYS_OPEN_TREE, _SYS_MOVE_MOUNT, _SYS_MOUNT_SETATTR = 428, 429, 442

# include/uapi/linux/prctl.h
_PR_SET_DUMPABLE = 4


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for fresh ones.

    Raises:
        OSError: the kernel or a policy forbids it.
    """
    _checked(_libc.unshare(flags), "unshare")


def make_private() -> None:
    """Keep every later mount of this mount namespace from the host."""
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE, None)


def tmpfs(target: Path) -> None:
    """Lay an empty folder of memory over `target`, which others may pass through."""
    _mount("tmpfs", str(target), "tmpfs", _MS_NOSUID | _MS_NODEV, "mode=0755,size=1m")


def overlay(lowers: Sequence[Path], upper: Path, work: Path, target: Path, *, user: bool) -> None:
    """Show some folders as one at `target`, with every change going to `upper`.

    Args:
        lowers: never written; what an earlier one has hides what has its name in later ones.
        upper: empty at first; owner and mode of its top are those of the tree.
        work: empty, on the same filesystem as `upper`.
        target: an existing folder.
        user: mounted from a user namespace, where only `user.` attributes can be written.

    Raises:
        OSError: the filesystem of `upper` cannot carry an overlay, or it is forbidden.
    """
    lowerdir = ":".join(map(_escaped, lowers))
    options = f"lowerdir={lowerdir},upperdir={_escaped(upper)},workdir={_escaped(work)}"
    options += ",userxattr" if user else ""
    _mount("overlay", str(target), "overlay", _MS_NOSUID | _MS_NODEV, options)


def clone(source: Path, *, read_only: bool, mapped: int | None = None) -> int:
    """Return a descriptor of a detached mount of `source`, to be attached somewhere.

    Args:
        source: a file or folder.
        read_only: whether nothing can be written through it.
        mapped: a user namespace from `owned_by`; then mounts below `source` are left out.

    Raises:
        OSError: the kernel or the filesystem cannot.
    """
    recursive = 0 if mapped is not None else _AT_RECURSIVE
    flags = _OPEN_TREE_CLONE | recursive | os.O_CLOEXEC
    tree = _syscall(_SYS_OPEN_TREE, _AT_FDCWD, os.fsencode(source), flags)
    wanted = _MOUNT_ATTR_NOSUID | (_MOUNT_ATTR_RDONLY if read_only else 0)
    wanted |= _MOUNT_ATTR_IDMAP if mapped is not None else 0
    attributes = _MountAttr(attr_set=wanted, userns_fd=mapped or 0)
    try:
        _syscall(
            _SYS_MOUNT_SETATTR,
            tree,
            b"",
            _AT_EMPTY_PATH | recursive,
            ctypes.byref(attributes),
            ctypes.sizeof(attributes),
        )
    except OSError:
        os.close(tree)
        raise
    return tree


def attach(tree: int, target: Path) -> None:
    """Mount what `clone` returned at `target`, and close the descriptor."""
    try:
        _syscall(
            _SYS_MOVE_MOUNT, tree, b"", _AT_FDCWD, os.fsencode(target), _MOVE_MOUNT_F_EMPTY_PATH
        )
    finally:
        os.close(tree)


@contextmanager
def owned_by(uid: int, *, on_disk: int = 0) -> Iterator[int]:
    """Yield a user namespace for `clone`: files of `on_disk` appear as those of `uid`."""
    ready, go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go[1])
        _hold_namespace(ready[1], go[0])
    try:
        os.close(ready[1])
        os.read(ready[0], 1)
        for kind in ("uid_map", "gid_map"):
            Path(f"/proc/{child}/{kind}").write_text(f"{on_disk} {uid} 1\n", encoding="ascii")
        namespace = os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield namespace
        finally:
            os.close(namespace)
    finally:
        for descriptor in (ready[0], go[0], go[1]):
            os.close(descriptor)
        os.waitpid(child, 0)


def become_user(uid: int, gid: int) -> None:
    """Enter a user and mount namespace in which this process may mount, keeping its uid.

    Raises:
        OSError: user namespaces are forbidden.
    """
    unshare(CLONE_NEWUSER | CLONE_NEWNS)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1\n", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1\n", encoding="ascii")


def hide_from_siblings() -> None:
    """Keep other processes of this uid from reading or tracing this one."""
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up for good all that this process may do as the owner of its user namespace."""
    # linux/capability.h: version 3, this process; two words each of three empty sets
    header, none = struct.pack("Ii", 0x20080522, 0), bytes(24)
    _checked(_libc.capset(header, none), "capset")


def _hold_namespace(ready: int, go: int) -> None:
    """Be the process whose user namespace the parent opens; ends when the parent lets go."""
    try:
        unshare(CLONE_NEWUSER)
        os.write(ready, b"1")
        os.read(go, 1)
    finally:
        os._exit(0)


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def _mount(
    source: str | None, target: str, kind: str | None, flags: int, options: str | None
) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    data = None if options is None else os.fsencode(options)
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), data), f"mount on {target}")


def _syscall(number: int, *arguments: object) -> int:
    values = [ctypes.c_long(each) if isinstance(each, int) else each for each in arguments]
    return _checked(_libc.syscall(ctypes.c_long(number), *values), f"system call {number}")


def _checked(result: int, doing: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{doing}: {os.strerror(code)}")
    return int(result)
