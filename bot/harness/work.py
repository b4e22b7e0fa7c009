"""A job in which an agent works: from its launch token to a program that runs."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence

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
from bot.model.inside import EGRESS
from bot.sandbox.folder import JobFolder, Order

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


def run(
    folder: JobFolder,
    order: Order,
    groups: Sequence[int],
    gateway: str,
    stopping: Callable[[], bool],
) -> int:
    """Have the agent work, and return the exit status 0 once its end was reported.

    Args:
        folder: the job's.
        order: what the runner wrote.
        groups: open files by which processes enter the job's cgroups.
        gateway: path of the gateway's socket.
        stopping: whether the job is to stop at once.

    Raises:
        Fenced: another job has taken over.
        Unavailable: no gateway answered in time.
    """
    token = sys.stdin.buffer.readline().strip().decode("ascii")
    claimed = claim(gateway, token, lambda: not stopping())
    say("harness.claimed", run=claimed.plan.run, milliseconds=order.since())
    spec = claimed.plan.agent
    driver = DRIVERS[spec.runtime]()
    began = _begin(folder, order, claimed, gateway, driver)
    listener = listen(folder.door)
    egress = listen(folder.door, EGRESS) if began.plan.egress else None
    what = driver.start(began.plan, began.session)
    agent = start(folder, order, what, began.plan, groups)
    started = time.monotonic()
    say("agent.started", program=list(what.program), milliseconds=order.since())

    sys.path.extend(order.packages)
    from bot.harness.supervise import Job, supervise  # noqa: PLC0415 - half a second of imports

    return supervise(
        Job(
            folder=folder,
            order=order,
            plan=began.plan,
            lines=began.lines,
            token=claimed.run_token,
            tools=claimed.tools,
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
        stopping_already=stopping,
    )


def _begin(
    folder: JobFolder, order: Order, claimed: Claim, gateway: str, driver: Driver
) -> Beginning:
    if claimed.plan.checkpoint is None:
        return Beginning(plan=claimed.plan)
    from bot.harness.restore import restore  # noqa: PLC0415 - only where there is something

    return restore(gateway, claimed, folder, order, driver)
