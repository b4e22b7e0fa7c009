"""The workspace and the home of a job, seen through overlays of what many jobs share.

Only the standard library is imported: this is on the way from a label to an agent.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from bot.harness.say import say
from bot.sandbox import mounts
from bot.sandbox.folder import WORKS, JobFolder, Order

LAYERS, HOMES = "layers", "homes"


def below(folder: JobFolder, order: Order, kind: str) -> list[Path]:
    """Return where this job sees its layers, or its homes: under root, views of its own."""
    paths = order.layers if kind == LAYERS else order.homes
    if order.uid is None:
        return [Path(path) for path in paths]
    return [folder.below(kind, number) for number in range(len(paths))]


def show(folder: JobFolder, order: Order, lower: Path) -> None:
    """Show the warm tree as the job's own, and its home, with what lies below them.

    Where there can be no overlay they are copies.
    """
    layers, homes = below(folder, order, LAYERS), below(folder, order, HOMES)
    uid, upper = order.uid, folder.root / "upper"
    upper.chmod(0o755)
    if not _overlaid([lower, *layers], upper, folder.root / WORKS[0], folder.workspace, uid):
        _copy(lower, folder.workspace, uid)
        _lay(layers, folder.workspace, uid)
    if not homes:
        return
    upper = folder.root / "home.upper"
    upper.mkdir(mode=0o700, exist_ok=True)
    if uid is not None:
        os.chown(upper, uid, uid)
    if not _overlaid(homes, upper, folder.root / WORKS[1], folder.home, uid):
        _lay(homes, folder.home, uid)


def _overlaid(
    lowers: Sequence[Path], upper: Path, work: Path, target: Path, uid: int | None
) -> bool:
    """Mount an overlay in which all is the job's own; False where that cannot be."""
    if uid is not None and any(lower.stat().st_uid != uid for lower in lowers):
        return False
    work.mkdir(mode=0o700, exist_ok=True)
    try:
        mounts.overlay(lowers, upper, work, target, user=uid is None)
    except OSError as problem:
        say("stage.no_overlay", why=str(problem))
        return False
    return True


def _copy(lower: Path, target: Path, uid: int | None) -> None:
    import subprocess  # noqa: PLC0415 - costs eight milliseconds, and is rarely needed

    subprocess.run(
        ["/bin/cp", "-a", "--reflink=auto", f"{lower}/.", str(target)], check=True, env={}
    )
    if uid is not None:
        subprocess.run(["/bin/chown", "-Rh", f"{uid}:{uid}", str(target)], check=True, env={})


def _lay(layers: Sequence[Path], target: Path, uid: int | None) -> None:
    from bot.sandbox.laying import lay  # noqa: PLC0415 - likewise

    for layer in layers:
        lay(layer, target, uid)


def leave_alone(folder: JobFolder, order: Order) -> None:
    """Have git leave alone what layers add to the workspace, also that of snapshots.

    Call it without any power: what a layer holds was made by others.
    """
    if not order.layers:
        return
    from bot.sandbox.laying import patterns  # noqa: PLC0415 - most jobs have no layer

    tree = Path(order.tree) if order.uid is None else folder.root / "lower"
    found = "\n".join(patterns(below(folder, order, LAYERS), tree))
    folder.excluded.write_bytes(os.fsencode(f"{found}\n"))
    own = folder.workspace / ".git" / "info"
    own.mkdir(exist_ok=True)
    (own / "exclude").write_bytes(folder.excluded.read_bytes())
