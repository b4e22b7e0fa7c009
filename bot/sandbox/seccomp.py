"""The system calls that a program in a box does not get.

Namespaces decide what a program can see; this list takes away the parts of the kernel
through which boxes have been left before, and which no build or test needs.  It holds what
the usual engines of containers take away (https://docs.docker.com/engine/security/seccomp/),
with namespaces of any kind, io_uring and rare protocols besides.  The rest of the system
calls stays allowed, since compilers and runtimes use nearly all of them.  Calls by another
numbering than the machine's own, such as those of 32 bits, end the program.

Where images are built, a program may in addition make a user namespace and mount in it, and
nothing of the network or of processes anew.  It has one id there, its own, so whatever would
give a file or a process to another one is answered with success and not done.
"""

import errno
import tempfile
from collections.abc import Collection
from functools import lru_cache
from typing import Any

from bot.model.errors import Misconfigured

_NAMESPACES = ("unshare", "setns")
_MOUNTS = (
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree",
    "open_tree_attr", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    "open_by_handle_at", "name_to_handle_at", "quotactl", "quotactl_fd", "swapon", "swapoff",
)  # fmt: skip
_OTHER_PROCESSES = (
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
)  # fmt: skip
_KERNEL = (
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "reboot", "acct", "syslog", "iopl", "ioperm", "settimeofday",
    "clock_settime", "adjtimex", "clock_adjtime", "lookup_dcookie", "vhangup", "nfsservctl",
    "fanotify_init", "modify_ldt", "uselib", "ustat", "sysfs", "_sysctl",
)  # fmt: skip
_PLACES_OF_MEMORY = (
    "mbind", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages", "move_pages",
)  # fmt: skip
_KEYRINGS = ("add_key", "request_key", "keyctl")

BUILDS = ("unshare", "mount", "umount2", "pivot_root", "chroot")
"""What is not denied where images are built."""

# Told to be done where there is one id: files stay with it, and so do processes.  What else
# builders of images do without power is the same:
# https://hpc.github.io/charliecloud/ch-image.html#seccomp
_OTHER_IDS = (
    "chown", "fchown", "lchown", "fchownat", "setuid", "setgid", "setreuid", "setregid",
    "setresuid", "setresgid", "setgroups",
)  # fmt: skip

DENIED = (
    *_NAMESPACES, *_MOUNTS, *_OTHER_PROCESSES, *_KERNEL, *_PLACES_OF_MEMORY, *_KEYRINGS,
)  # fmt: skip
"""Answered with EPERM, whatever their arguments."""

# Calls that the installed libseccomp may be too old to know.  Since 424 every architecture
# numbers them alike: https://docs.kernel.org/process/adding-syscalls.html
_NEWER = {"set_mempolicy_home_node": 450, "open_tree_attr": 467}
_UNKNOWN = -1  # libseccomp's __NR_SCMP_ERROR

# include/uapi/linux/sched.h: CLONE_NEWCGROUP, NEWIPC, NEWPID, NEWNET; then those that builders
# of images may unshare, NEWNS, NEWUTS and NEWUSER; and NEWTIME, which is none of clone's
_CLONE_NEW = (0x02000000, 0x08000000, 0x20000000, 0x40000000)
_CLONE_BUILDS = (0x00020000, 0x04000000, 0x10000000)
_CLONE_NEWTIME = 0x00000080

# include/linux/socket.h.  AF_VSOCK (40) is the reason for the list: network namespaces do
# not confine it.  Of netlink only ROUTE stays, by which libraries list the interfaces.
_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK = 1, 2, 10, 16
_FAMILIES = (_AF_UNIX, _AF_INET, _AF_INET6, _AF_NETLINK)
_NETLINK_ROUTE = 0

# Of the internet's protocols TCP and UDP stay.  Asking for any other makes the kernel load
# the module that has it, whoever asks; a few libraries try MPTCP and take this for an answer.
_STREAM, _DGRAM = 1, 2  # include/linux/net.h, as all kinds of socket: four bits
_KINDS = range(16)
_TCP, _UDP = 6, 17

# include/uapi/asm-generic/ioctls.h: two push key strokes into a terminal, the third gives it
# a line discipline, which loads a module too
_TIOCSTI, _TIOCLINUX, _TIOCSETD = 0x5412, 0x541C, 0x5423

# include/uapi/linux/fcntl.h: who has a lease on a file, and files of a mirror seem to be the
# job's own, keeps everybody waiting who opens it to write, for up to 45 seconds
_F_SETLEASE, _F_SETDELEG = 1024, 1040


@lru_cache(maxsize=2)
def program(*, builds: bool = False) -> bytes:
    """Return the filter as the kernel's BPF, for this machine's architecture.

    Args:
        builds: whether images may be built under it.

    Raises:
        Misconfigured: libseccomp is not installed.
    """
    try:
        # loads a C library, which a host may lack
        import pyseccomp  # type: ignore[import-untyped]  # noqa: PLC0415
    except (ImportError, RuntimeError) as problem:
        raise Misconfigured(
            "The sandbox needs libseccomp: install libseccomp2 (Debian, Ubuntu) or libseccomp."
        ) from problem
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    _deny_calls(rules, pyseccomp, set(DENIED) - (set(BUILDS) if builds else set()))
    _deny_sockets(rules, pyseccomp)
    _deny_protocols(rules, pyseccomp)
    if builds:
        _bound_builders(rules, pyseccomp)
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _deny_calls(rules: Any, lib: Any, denied: Collection[str]) -> None:
    refused = lib.ERRNO(errno.EPERM)
    for name in sorted(denied):
        number = lib.resolve_syscall(lib.Arch.NATIVE, name)
        if number == _UNKNOWN:
            number = _NEWER.get(name)
        if number is not None:
            rules.add_rule(refused, number)
    for flag in (*_CLONE_NEW, *_CLONE_BUILDS):
        rules.add_rule(refused, "clone", lib.Arg(0, lib.MASKED_EQ, flag, flag))
    # clone3 hides its flags behind a pointer; told that it does not exist, libc uses clone
    rules.add_rule(lib.ERRNO(errno.ENOSYS), "clone3")
    for name, second in (
        *(("ioctl", request) for request in (_TIOCSTI, _TIOCLINUX, _TIOCSETD)),
        *(("fcntl", command) for command in (_F_SETLEASE, _F_SETDELEG)),
    ):
        rules.add_rule(refused, name, lib.Arg(1, lib.MASKED_EQ, 0xFFFFFFFF, second))


def _bound_builders(rules: Any, lib: Any) -> None:
    """Leave of namespaces those that are needed, and tell lies about ids that are not there."""
    for flag in (*_CLONE_NEW, _CLONE_NEWTIME):
        rules.add_rule(lib.ERRNO(errno.EPERM), "unshare", lib.Arg(0, lib.MASKED_EQ, flag, flag))
    for name in _OTHER_IDS:
        rules.add_rule(lib.ERRNO(0), name)


def _deny_sockets(rules: Any, lib: Any) -> None:
    refused = lib.ERRNO(errno.EPERM)
    for call in ("socket", "socketpair"):
        for family in range(max(_FAMILIES) + 1):
            if family not in _FAMILIES:
                rules.add_rule(refused, call, lib.Arg(0, lib.EQ, family))
        rules.add_rule(refused, call, lib.Arg(0, lib.GT, max(_FAMILIES)))
    rules.add_rule(
        refused,
        "socket",
        lib.Arg(0, lib.EQ, _AF_NETLINK),
        lib.Arg(2, lib.NE, _NETLINK_ROUTE),
    )


def _deny_protocols(rules: Any, lib: Any) -> None:
    refused = lib.ERRNO(errno.EPROTONOSUPPORT)
    for family in (_AF_INET, _AF_INET6):
        inet = lib.Arg(0, lib.EQ, family)
        for kind in set(_KINDS) - {_STREAM, _DGRAM}:
            rules.add_rule(refused, "socket", inet, lib.Arg(1, lib.MASKED_EQ, max(_KINDS), kind))
        for protocol in set(range(1, _UDP)) - {_TCP}:
            rules.add_rule(refused, "socket", inet, lib.Arg(2, lib.EQ, protocol))
        rules.add_rule(refused, "socket", inet, lib.Arg(2, lib.GT, _UDP))
