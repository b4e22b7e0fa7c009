"""A job's harness: `python -I -S -c "... main()" FOLDER`, started by a runner.

The job's lock comes as descriptor 3, already held, and the launch token as the first line
of stdin.  Until the agent's program runs, nothing is imported but the standard library and
plain values; the rest comes up beside the agent.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bot.agents.acp.driver import Acp
from bot.agents.base import Driver
from bot.agents.claude import Claude
from bot.agents.codex import Codex
from bot.agents.command import Command
from bot.agents.gemini import Gemini
from bot.agents.opencode import Opencode
from bot.agents.playbook.driver import Playbook
from bot.harness.agent import start
from bot.harness.beginning import Beginning
from bot.harness.claim import Claim, claim
from bot.harness.program import listen
from bot.harness.say import say
from bot.harness.stage import prepare
from bot.harness.validate import validate
from bot.model.errors import Fenced, Unavailable
from bot.model.inside import EGRESS, SOCKET
from bot.sandbox.folder import LOCK, JobFolder, Order
from bot.sandbox.mounts import hide_from_siblings
from bot.sandbox.sockets import short_path

SUPERSEDED = 75
"""Exit status of a harness whose job is no longer current; EX_TEMPFAIL of sysexits.h."""

DRIVERS: Mapping[str, type[Driver]] = {
    "acp": Acp,
    "claude": Claude,
    "codex": Codex,
    "command": Command,
    "gemini": Gemini,
    "opencode": Opencode,
    "playbook": Playbook,
}
"""The driver of each runtime that an agent may name."""

_CRASHED = 70  # EX_SOFTWARE


class Stopping:
    """Whether SIGTERM has come."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """Note it; the handler of the signal."""
        self.asked = True


def main() -> NoReturn:
    """Run the job, write down the exit status, and end with it."""
    folder = JobFolder(Path(sys.argv[1]))
    status = _CRASHED
    try:
        status = _run(folder)
    except Fenced as refused:
        say("harness.superseded", why=str(refused))
        status = SUPERSEDED
    except Unavailable as problem:
        say("harness.gave_up", why=str(problem))
    finally:
        fresh = folder.root / "exit.new"
        fresh.write_text(str(status), encoding="ascii")
        fresh.replace(folder.exit)
    sys.exit(status)


def _run(folder: JobFolder) -> int:
    os.set_inheritable(LOCK, False)  # noqa: FBT003 - the standard library's signature
    order = folder.read_order()
    if not order.container:  # processes of a container have other ids outside
        folder.write_pid()
    groups = prepare(folder, order)
    hide_from_siblings()
    stopping = Stopping()
    signal.signal(signal.SIGTERM, stopping)
    say("harness.started", job=order.job, milliseconds=_since(order))
    with short_path(Path(order.gateway)) as near:
        gateway = str(near / SOCKET)
        if order.task == "validation":
            return validate(folder, order, groups, gateway, lambda: stopping.asked)
        return _work(folder, order, groups, gateway, stopping)


def _work(
    folder: JobFolder, order: Order, groups: Sequence[int], gateway: str, stopping: Stopping
) -> int:
    token = sys.stdin.buffer.readline().strip().decode("ascii")
    claimed = claim(gateway, token, lambda: not stopping.asked)
    say("harness.claimed", run=claimed.plan.run, milliseconds=_since(order))
    spec = claimed.plan.agent
    driver = DRIVERS[spec.runtime]()
    began = _begin(folder, order, claimed, gateway, driver)
    listener = listen(folder.door)
    egress = listen(folder.door, EGRESS) if began.plan.egress else None
    what = driver.start(began.plan, began.session)
    agent = start(folder, order, what, began.plan, groups)
    started = time.monotonic()
    say("agent.started", program=list(what.program), milliseconds=_since(order))

    sys.path.extend(order.packages)
    from bot.harness.supervise import Job, supervise  # noqa: PLC0415 - half a second of imports

    return supervise(
        Job(
            folder=folder,
            order=order,
            plan=began.plan,
            lines=began.lines,
            token=claimed.run_token,
            gateway=gateway,
            driver=driver,
            talk=what.talk,
            parse=what.parse,
            agent=agent,
            listener=listener,
            egress=egress,
            groups=groups,
            session=began.session,
            started=started,
        ),
        stopping_already=lambda: stopping.asked,
    )


def _begin(
    folder: JobFolder, order: Order, claimed: Claim, gateway: str, driver: Driver
) -> Beginning:
    if claimed.plan.checkpoint is None:
        return Beginning(plan=claimed.plan)
    from bot.harness.restore import restore  # noqa: PLC0415 - only where there is something

    return restore(gateway, claimed, folder, order, driver)


def _since(order: Order) -> float:
    return round((time.monotonic() - order.launched) * 1000, 1)


if __name__ == "__main__":
    main()
