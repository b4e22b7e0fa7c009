"""What a sandbox may see and use, and the bubblewrap command line that says so.

`Box` is the whole of what a program inside can reach: the system's programs read-only,
an `/etc` of ours, a loopback interface that leads nowhere, and the binds named here.
What is not in it does not exist inside.  Everything here is pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.model.limits import Limits
from bot.sandbox.proc import Telling

UID = 1000
"""Who the program inside is, whatever uid holds the box from outside."""

SCRATCH, RUN = 1024**3, 64 * 1024**2
"""Bytes that `/tmp` and `/dev/shm` hold each, and `/run`: all of them are memory of the host."""

ETC = Path(__file__).with_name("etc")

NOTHING = str(Path(__file__).with_name("nothing"))
"""An empty file."""

# Files of the host's /etc without which common programs fail, and which tell nothing of it:
# `awk` is a link through alternatives, TLS finds its roots in ssl, the linker reads its cache.
_HOST_ETC = (
    "alternatives",
    "ca-certificates",
    "ld.so.cache",
    "localtime",
    "pki/ca-trust",
    "pki/tls/certs",
    "ssl/certs",
    "ssl/openssl.cnf",
)

_USR_LINKS = ("bin", "lib", "lib64", "sbin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """A file or folder of the host, and the path it has inside."""

    source: str
    target: str
    writable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """What a box shows of an image instead of the host's programs.

    Attributes:
        binds: files and folders, read-only.
        links: as those of a box.
        run: folders to be made in `/run`, which is in memory.
    """

    binds: tuple[Bind, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    run: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Everything that a program inside can reach.

    Attributes:
        binds: later ones lie over earlier ones.
        links: pairs of (what a symbolic link says, where it lies).
        environment: all variables that are set inside; visible in the host's process list.
        directory: where the program starts.
        limits: what each process, and the whole where the kernel allows, may use.
        reserves: whether its programs reserve far more addresses than they use, as engines
            of JavaScript do; then what they can write to is bounded, and no address is.
        hidden_folders: paths inside that appear as empty folders, whatever a bind shows there.
        hidden_files: the same for files.
        etc: folder with the passwd, group, hosts and nsswitch.conf that are seen inside, and
            the boot_id that is the same in every box.
        reads_all: whether its programs read what files' own modes forbid; for ours alone.
        root: what it has of an image; None for the programs of the host.
        joined: whether it is in the network of the process that makes it, which has to be one
            of the job's own that leads nowhere; else it has one for itself.
        scratch: bytes that its folders in memory hold each.
        builds: whether a program in it may make a user namespace, to build images in.
    """

    binds: tuple[Bind, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    directory: str = "/"
    limits: Limits = field(default_factory=Limits)
    reserves: bool = False
    hidden_folders: tuple[str, ...] = ()
    hidden_files: tuple[str, ...] = ()
    etc: str = str(ETC)
    reads_all: bool = False
    root: Root | None = None
    joined: bool = False
    scratch: int = SCRATCH
    builds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubblewrap:
    """The program that makes the box, as found on this host.

    Attributes:
        path: absolute path of `bwrap`.
        disable_userns: whether it knows `--disable-userns` (0.8 and later).
        telling: what `/proc` has here that no box shows.
    """

    path: str
    disable_userns: bool = True
    telling: Telling = field(default_factory=Telling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Descriptors:
    """Open files that bubblewrap inherits by number; none of them reaches the program.

    Attributes:
        seccomp: the compiled filter.
        alive: kept open by the first process inside for as long as the box lives.
        info: where bubblewrap writes the process id of that first process, as JSON.
        block: the program starts once something can be read here.
    """

    seccomp: int
    alive: int | None = None
    info: int | None = None
    block: int | None = None


def argv(
    box: Box, program: Sequence[str], bubblewrap: Bubblewrap, descriptors: Descriptors
) -> list[str]:
    """Return the command line that runs `program` in `box`."""
    return [
        *_namespaces(box, bubblewrap),
        *(("--cap-add", "CAP_DAC_READ_SEARCH") if box.reads_all else ()),
        *_environment(box),
        *(_usr() if box.root is None else _image(box.root)),
        *_system(box.scratch),
        # what builds images shows a /sys to its containers, and there is nothing in this one
        *(("--dir", "/sys") if box.builds else ()),
        *_closed(bubblewrap.telling),
        *_etc(box.etc),
        *(_host_etc() if box.root is None else ()),
        *_links(box.links),
        *_binds(box.binds),
        *_hidden(box),
        # bubblewrap's own root and /dev are tmpfs: closed once everything is in place
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *("--chdir", box.directory),
        *_descriptors(descriptors),
        "--",
        # an image need not have the program: who starts the box sets the same from outside
        *(prlimit(box.limits, reserves=box.reserves) if box.root is None else ()),
        *program,
    ]


def prlimit(limits: Limits, *, reserves: bool = False) -> list[str]:
    """Return the prefix that lowers the resource limits for good, then runs what follows.

    It runs inside, since Linux counts processes for each user namespace: outside, all
    processes of the same user would count.
    """
    amounts = bounds(limits, reserves=reserves)
    return ["/usr/bin/prlimit", *(f"--{name}={most}" for name, most in amounts.items()), "--"]


def bounds(limits: Limits, *, reserves: bool = False) -> Mapping[str, int]:
    """Return the resource limits of each process, as `setrlimit` names them in small letters.

    Args:
        limits: of each process.
        reserves: whether addresses that nobody can write to yet are free (RLIMIT_DATA):
            WebAssembly reserves ten gigabytes for each memory of a few kilobytes.
    """
    return {
        "data" if reserves else "as": limits.memory,
        "nproc": limits.processes,
        "fsize": limits.file_size,
        "nofile": limits.open_files,
        "cpu": limits.seconds,
        "core": 0,
    }


def _namespaces(box: Box, bubblewrap: Bubblewrap) -> list[str]:
    return [
        bubblewrap.path,
        "--unshare-user",
        # it needs --unshare-user spelled out
        *(["--disable-userns"] if bubblewrap.disable_userns and not box.builds else []),
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts"),
        *(() if box.joined else ("--unshare-net",)),
        "--unshare-cgroup-try",
        *("--uid", str(UID), "--gid", str(UID), "--hostname", "greenroom"),
        *("--new-session", "--die-with-parent", "--cap-drop", "ALL"),
    ]


def _environment(box: Box) -> list[str]:
    settings = sorted(box.environment.items())
    return ["--clearenv", *(word for pair in settings for word in ("--setenv", *pair))]


def _usr() -> list[str]:
    links = tuple((f"usr/{name}", f"/{name}") for name in _USR_LINKS)
    return ["--ro-bind", "/usr", "/usr", *_links(links)]


def _image(root: Root) -> list[str]:
    return [
        *_binds(root.binds),
        *_links((*root.links, ("/tmp", "/var/tmp"))),  # noqa: S108 - paths inside
        *("--size", str(RUN), "--tmpfs", "/run"),
        *(word for path in root.run for word in ("--dir", path)),
    ]


def _system(scratch: int) -> list[str]:
    return [
        *("--proc", "/proc", "--dev", "/dev"),
        # bubblewrap's own process in the box holds the job's lock, and may be written to by it
        *("--tmpfs", "/proc/1", "--remount-ro", "/proc/1"),
        *("--size", str(scratch), "--tmpfs", "/dev/shm"),  # noqa: S108 - a path inside
        *("--size", str(scratch), "--tmpfs", "/tmp"),  # noqa: S108 - a path inside
    ]


def _closed(telling: Telling) -> list[str]:
    """Lay over files one that cannot be opened, as devices cannot there, and over folders none."""
    folders = (f"/proc/{name}" for name in telling.folders)
    return [
        *(word for name in telling.files for word in ("--ro-bind", "/dev/null", f"/proc/{name}")),
        *(word for path in folders for word in ("--tmpfs", path, "--remount-ro", path)),
    ]


def _etc(folder: str) -> list[str]:
    ours = ("group", "hosts", "nsswitch.conf", "passwd")
    return [
        *("--ro-bind", f"{folder}/boot_id", "/proc/sys/kernel/random/boot_id"),
        *(word for name in ours for word in ("--ro-bind", f"{folder}/{name}", f"/etc/{name}")),
    ]


def _host_etc() -> list[str]:
    paths = (f"/etc/{name}" for name in _HOST_ETC)
    return [word for path in paths for word in ("--ro-bind-try", path, path)]


def _links(links: Sequence[tuple[str, str]]) -> list[str]:
    return [word for says, at in links for word in ("--symlink", says, at)]


def _binds(binds: Sequence[Bind]) -> list[str]:
    return [
        word
        for bind in binds
        for word in ("--bind" if bind.writable else "--ro-bind", bind.source, bind.target)
    ]


def _hidden(box: Box) -> list[str]:
    """Lay nothing over what is hidden, and let nothing be put there."""
    return [
        *(word for path in box.hidden_folders for word in ("--tmpfs", path, "--remount-ro", path)),
        *(word for path in box.hidden_files for word in ("--ro-bind", NOTHING, path)),
    ]


def _descriptors(descriptors: Descriptors) -> list[str]:
    named = (
        ("--sync-fd", descriptors.alive),
        ("--info-fd", descriptors.info),
        ("--block-fd", descriptors.block),
    )
    optional = [word for name, fd in named if fd is not None for word in (name, str(fd))]
    return ["--seccomp", str(descriptors.seccomp), *optional]
