"""A job that runs one validation: from its launch token to a command that runs.

No agent is there, and no secret.  The workspace is made the tree that was asked about, and no
other; then one command runs in a box without a door, and what it prints goes out as it comes.
Until it runs, nothing is imported but the standard library and plain values.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from subprocess import DEVNULL, PIPE
from typing import TYPE_CHECKING, Any

from bot.harness.boxes import for_git, for_validation, joined, relayed, ways
from bot.harness.bundle import read
from bot.harness.gitbox import SECONDS, GitBox, seed
from bot.harness.incoming import check_out, incoming, take
from bot.harness.printed import Printed
from bot.harness.program import Program, launch, listen
from bot.harness.requests import exchange, fetch
from bot.harness.say import say
from bot.model.errors import Fenced, Unavailable
from bot.model.ids import JobName, Repo, Sha, ValidationId
from bot.model.limits import Limits
from bot.model.validations import Definition, Service, ValidationPlan
from bot.rules.checkpoints import MOST
from bot.sandbox.folder import JobFolder, Order
from bot.workspace.snapshot import WORK_REF, GitFailed

if TYPE_CHECKING:  # what most validations can do without
    from bot.harness.serving import Servers

LOOPBACK = "127.0.0.1"

OWN = "own"
"""The file, beside the repository of snapshots, that names the paths of the tree."""

_WAITS = """
{ echo 1000 > /proc/self/oom_score_adj; } 2>/dev/null
read -r _ && exec "$@" </dev/null
"""
"""A shell that becomes another program once it is told to.

Where a host runs out of memory it is to end before the harness is, which can tell of that.
https://man7.org/linux/man-pages/man5/proc_pid_oom_score_adj.5.html
"""

NO_TREE = "The tree that was asked about could not be had."


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """A validation that was claimed.

    Attributes:
        plan: what is run, and in which tree.
        token: opens its own calls and nothing else; it stays in this process.
        gateway: path of the gateway's socket.
        ways: what leads out of its box by the names of their sockets, listening before anything
            runs that could be there instead.
    """

    folder: JobFolder
    order: Order
    plan: ValidationPlan
    token: str = field(repr=False)
    gateway: str
    ways: Mapping[str, socket.socket]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The command of a validation, as it runs.

    Attributes:
        program: in its box.
        printed: what it prints, on its way out.
        started: when, in seconds of the monotonic clock.
        servers: beside it; None where there are none.
    """

    program: Program
    printed: Printed
    started: float
    servers: "Servers | None"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why no command runs, and what was printed by what is to blame."""

    words: str
    printed: str = ""


def run(
    folder: JobFolder,
    order: Order,
    groups: Sequence[int],
    gateway: str,
    stopping: Callable[[], bool],
) -> int:
    """Run a validation, and return the exit status 0 once its verdict was handed in.

    Arguments are those of the job in which an agent works.

    Raises:
        Fenced: another job has taken over.
        Unavailable: no gateway answered in time.
    """
    launch_token = sys.stdin.buffer.readline().strip().decode("ascii")
    seed(folder, order)
    limits = replace(Limits(**order.limits), seconds=SECONDS)
    with GitBox(folder, order, for_git(folder, order, limits, writes=True)) as git:
        answer = exchange(gateway, "/validation/launch", launch_token, lambda: not stopping())
        plan = plan_from(answer["plan"])
        it = Validation(
            folder=folder,
            order=order,
            plan=plan,
            token=answer["run_token"],
            gateway=gateway,
            ways=_listening(folder, order, plan),
        )
        say("harness.claimed", validation=it.plan.id, milliseconds=order.since())
        made = _Beside(it, git)
        waiting = _ahead(it, groups)
        trouble = made.come()
    if trouble is None and it.plan.definition.services:
        return _run_served(it, groups, stopping)
    return _run(it, groups, stopping, trouble, waiting=waiting)


def _run_served(it: Validation, groups: Sequence[int], stopping: Callable[[], bool]) -> int:
    """Run it with the servers beside it that its definition names."""
    from bot.harness.serving import Servers  # noqa: PLC0415 - few need it

    plan = it.plan
    with Servers(it.folder, it.order, plan.definition.services, plan.limits, groups) as servers:
        trouble = servers.come_up(stopping, plan.definition.seconds)
        say("validation.served", milliseconds=it.order.since())
        return _run(it, groups, stopping, trouble, servers)


def _run(  # noqa: PLR0913 - what there may be beside a command
    it: Validation,
    groups: Sequence[int],
    stopping: Callable[[], bool],
    trouble: Trouble | None,
    servers: "Servers | None" = None,
    *,
    waiting: Program | None = None,
) -> int:
    """Run its command, unless there is trouble, and hand in how it ended."""
    command = None if trouble else _start(it, groups, servers, waiting)
    if trouble and waiting:
        waiting.kill()
    if command is not None:
        say("validation.started", milliseconds=it.order.since())

    sys.path.extend(it.order.packages)
    from bot.harness.validating import end  # noqa: PLC0415 - beside the command

    return end(it, command, trouble, stopping)


class _Beside:
    """The workspace, made beside the start of a box, which only the main thread may start."""

    def __init__(self, it: Validation, git: GitBox) -> None:
        self._job = it, git
        # until it is made: whatever ends the thread, nothing runs in another tree
        self._trouble: Trouble | None = Trouble(NO_TREE)
        self._fenced: Fenced | None = None
        self._thread = threading.Thread(target=self._make)
        self._thread.start()

    def _make(self) -> None:
        try:
            self._trouble = _prepare(*self._job)
        except Fenced as problem:
            self._fenced = problem

    def come(self) -> Trouble | None:
        """Wait for it; return why it could not be made.

        Raises:
            Fenced: another job has taken over.
        """
        self._thread.join()
        if self._fenced:
            raise self._fenced
        return self._trouble


def _prepare(it: Validation, git: GitBox) -> Trouble | None:
    """Make the workspace what it is to be; return why that cannot be done."""
    definition = it.plan.definition
    if definition.image is not None or definition.services:
        from bot.harness.serving import lacking  # noqa: PLC0415 - few need it

        if words := lacking(it.order, definition):
            return Trouble(words)
    try:
        lay_out(it, git)
    except (GitFailed, LookupError, OSError, Unavailable, ValueError) as problem:
        say("validation.no_tree", why=str(problem))
        return Trouble(NO_TREE)
    say("validation.laid_out", milliseconds=it.order.since())
    return None


def lay_out(it: Validation, git: GitBox) -> None:
    """Turn the workspace, which is the base, into the tree that was asked about.

    It is named by its content, so that whatever came as work, no other tree comes of it.

    Raises:
        ValueError: what came is no work on this base.
        GitFailed: git could not; or the tree is not there, since the work is another's.
        Fenced, LookupError, Unavailable: the work cannot be had.
    """
    plan = it.plan
    if plan.work is not None:
        data = fetch(it.gateway, it.token, "/validation/work", MOST["work"])
        bundle = read(data, WORK_REF, plan.base)
        with incoming(it.folder, bundle):
            take(git, bundle)
    check_out(git, plan.base, _seen(it, git))
    if plan.sets_up:
        (it.folder.result / OWN).write_bytes(os.fsencode(git.git(("ls-files", "-z"))))


def _seen(it: Validation, git: GitBox) -> str:
    """Return the tree that the command sees: of one with inputs, these and no history."""
    globs = it.plan.definition.inputs
    if not globs:
        return it.plan.tree
    from bot.harness.inputs import hide_history, tree_of  # noqa: PLC0415 - few need it

    hide_history(it.folder)
    return tree_of(it.folder, git, it.plan.tree, globs)


def _ahead(it: Validation, groups: Sequence[int]) -> Program | None:
    """Have the box of a command come up while its tree is made; None where that cannot be.

    Nothing of the repository is run or read there before it is told to begin.
    """
    plan, definition = it.plan, it.plan.definition
    if plan.sets_up or definition.kind != "plain" or definition.image or definition.inputs:
        return None
    return _launched(it, groups, ("/bin/sh", "-c", _WAITS, "sh", *_words(definition)), PIPE)


def _launched(
    it: Validation, groups: Sequence[int], words: Sequence[str], stdin: int = DEVNULL
) -> Program:
    ports = ways(it.plan.definition) if not joined(it.order) else {}
    box = for_validation(it.folder, it.order, it.plan)
    return launch(it.folder, it.order, box, relayed(ports, words), groups, stdin=stdin)


def _listening(
    folder: JobFolder, order: Order, plan: ValidationPlan
) -> Mapping[str, socket.socket]:
    """Listen where a command looks for hosts: at its door, or in the network that it shares."""
    alone = not joined(order)
    return {
        name: listen(folder.door, name) if alone else socket.create_server((LOOPBACK, port))
        for port, name in ways(plan.definition).items()
    }


def _begin(waiting: Program) -> None:
    """Have a command begin whose box is there."""
    stdin, _ = waiting.pipes
    with suppress(BrokenPipeError), stdin:  # no box: what bubblewrap said is the output
        stdin.write(b"\n")


def _start(
    it: Validation,
    groups: Sequence[int],
    servers: "Servers | None",
    waiting: Program | None = None,
) -> Command:
    program = waiting or _launched(it, groups, _words(it.plan.definition))
    started = time.monotonic()  # before anybody reads: no command has ended earlier
    if waiting:
        _begin(waiting)
    printed = Printed(program.told, it.gateway, it.token)
    return Command(program=program, printed=printed, started=started, servers=servers)


def _words(definition: Definition) -> Sequence[str]:
    """Return the argv of a command, in its box."""
    if definition.kind == "builder":
        from bot.harness.building import begun  # noqa: PLC0415 - few need it

        return begun(definition.run)
    return ("/bin/sh", "-c", definition.run)


def plan_from(fields: Mapping[str, Any]) -> ValidationPlan:
    """Return the plan that `dataclasses.asdict` had made into JSON."""
    told = fields["definition"]
    lists = ("toolboxes", "egress", "inputs", "bases", "artifacts")
    services = tuple(
        Service(**{**each, "environment": tuple(map(tuple, each["environment"]))})
        for each in told["services"]
    )
    tuples = {name: tuple(told[name]) for name in lists} | {"services": services}
    definition = Definition(**{**told, **tuples})
    return ValidationPlan(
        job=JobName(fields["job"]),
        id=ValidationId(fields["id"]),
        repo=Repo(fields["repo"]),
        shelf=Repo(fields["shelf"]),
        base=Sha(fields["base"]),
        work=fields["work"],
        tree=Sha(fields["tree"]),
        definition=definition,
        limits=Limits(**fields["limits"]),
        sets_up=fields["sets_up"],
    )
