"""The few milliseconds in which a harness makes its job's view of the host, and lets go.

Started by root, it takes a mount namespace in which the job's uid can read exactly what it
needs, under the same names as outside, and becomes that uid.  Started by an ordinary user
it does what a user namespace allows.  Either way no power is left when it returns.

Only the standard library is imported: this is on the way from a label to an agent.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bot.harness import overlays
from bot.harness.say import say
from bot.model.limits import Limits
from bot.sandbox import cgroups, mounts, network
from bot.sandbox.folder import JobFolder, Order

_WORLD_MAY_PASS = stat.S_IXOTH
_WORLD_MAY_READ = stat.S_IXOTH | stat.S_IROTH
_SHARED = stat.S_ISVTX | stat.S_IRWXU | stat.S_IRWXG


def prepare(folder: JobFolder, order: Order) -> list[int]:
    """Show the workspace at `folder.workspace`, and give up what power this process has.

    Returns:
        Open files by which processes enter the job's cgroups; none where there are none.

    Raises:
        OSError: the job's view cannot be made.
    """
    os.chdir("/")
    os.umask(0o022)
    groups: list[int] = []
    if order.uid is None:
        _as_user(folder, order)
    elif os.geteuid() != order.uid:  # else all was made ready before its container was
        groups = cgroups.entrances(cgroups.create(folder.group, Limits(**order.limits)))
        _as_root(folder, order, order.uid)
    overlays.leave_alone(folder, order)
    return groups


def enclose(folder: JobFolder, order: Order, uid: int) -> None:
    """Make ready as root what a container is to show to the job's uid.

    The views are seen by this process and what it becomes, and by nobody else.

    Args:
        folder: the job's.
        order: what the runner wrote.
        uid: of the job.

    Raises:
        OSError: it cannot be made.
    """
    mounts.unshare(mounts.CLONE_NEWNS)
    mounts.make_private()
    with _mapped(uid) as namespace:
        lower, layers = _clone(Path(order.tree), namespace), _layers(folder, order, namespace)
        for path, view in order.views:
            always = path in {order.mirror, order.gateway}
            mapped = namespace if always else _if_closed(Path(path), namespace)
            Path(view).mkdir(parents=True, exist_ok=True)
            mounts.attach(_clone(Path(path), mapped), Path(view))
    _attach(folder, order, {folder.root / "lower": lower, **layers}, uid)


def _as_root(folder: JobFolder, order: Order, uid: int) -> None:
    mounts.unshare(mounts.CLONE_NEWNS)
    mounts.make_private()
    with _mapped(uid) as namespace:
        lower, layers = _clone(Path(order.tree), namespace), _layers(folder, order, namespace)
        views = {path: _clone(path, _if_closed(path, namespace)) for path in _shared(order)}
        for path in (Path(order.mirror), Path(order.gateway)):
            views[path] = _clone(path, namespace)
    views[folder.root] = mounts.clone(folder.root, read_only=False)
    for path in sorted(views, key=lambda each: len(each.parts)):
        _show(path, views[path])
    _attach(folder, order, {folder.root / "lower": lower, **layers}, uid)
    if order.roots:
        network.enter()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


@contextmanager
def _mapped(uid: int) -> Iterator[int | None]:
    """Give a user namespace in which root's files are the job's; None where there can be none."""
    with ExitStack() as stack:
        try:
            namespace = stack.enter_context(mounts.owned_by(uid))
        except OSError:
            namespace = None
        yield namespace


def _as_user(folder: JobFolder, order: Order) -> None:
    try:
        mounts.become_user(os.geteuid(), os.getegid())
        mounts.make_private()
    except OSError as problem:
        say("stage.no_user_namespace", why=str(problem))
    overlays.show(folder, order, Path(order.tree))
    if order.roots:
        network.enter()
    mounts.drop_capabilities()


def _clone(path: Path, namespace: int | None) -> int:
    """A read-only view of `path`, in which the job owns the files if the kernel can do that."""
    if namespace is not None:
        with suppress(OSError):
            return mounts.clone(path, read_only=True, mapped=namespace)
    return mounts.clone(path, read_only=True)


def _layers(folder: JobFolder, order: Order, namespace: int | None) -> dict[Path, int]:
    """Views of what lies below the workspace and the home, by where they are to be attached."""
    return {
        folder.below(kind, number): _clone(Path(path), namespace)
        for kind, paths in ((overlays.LAYERS, order.layers), (overlays.HOMES, order.homes))
        for number, path in enumerate(paths)
    }


def _attach(folder: JobFolder, order: Order, views: dict[Path, int], uid: int) -> None:
    """Attach what only root can, and show workspace and home."""
    for path, view in views.items():
        path.mkdir(parents=True, exist_ok=True)
        mounts.attach(view, path)
    _give(folder, uid)
    overlays.show(folder, order, folder.root / "lower")


def _if_closed(path: Path, namespace: int | None) -> int | None:
    """Folders that others may read stay as they are, with the mounts below them."""
    return None if path.stat().st_mode & _WORLD_MAY_READ == _WORLD_MAY_READ else namespace


def _shared(order: Order) -> Iterator[Path]:
    yield from map(Path, (order.code, order.python, *order.packages))
    yield from (Path(path) for _, path in (*order.toolboxes, *order.roots))
    if order.clock is not None:
        yield Path(order.clock).parent


def _show(path: Path, view: int) -> None:
    """Attach a view under its own name; folders closed to the job's uid become empty ones."""
    for parent in reversed(path.parents):
        if parent.exists() and not parent.stat().st_mode & _WORLD_MAY_PASS:
            mounts.tmpfs(parent)
    if not path.exists():
        path.mkdir(parents=True, mode=0o755)
    mounts.attach(view, path)


def _give(folder: JobFolder, uid: int) -> None:
    """Give the job the folders that it works in, and leave to add to its own.

    What its runner reads stays the runner's, and so does the overlay's work folder: the
    folder is sticky, and its group has been the job's since the uid was allotted.
    """
    for name in ("upper", "workspace", "home", "door", "push"):
        os.chown(folder.root / name, uid, uid, follow_symlinks=False)
    for path in (folder.filter, folder.order):
        os.chown(path, 0, uid, follow_symlinks=False)
        path.chmod(0o640)
    folder.root.chmod(_SHARED)
