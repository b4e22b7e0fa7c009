"""A run, its jobs and what an agent asks for: the values that pass between floors."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from bot.model.ids import Fence, JobName, Login, Repo, RunId, Sha, UserId


class Conclusion(StrEnum):
    """How a finished run ended, in GitHub's words for check runs.

    https://docs.github.com/en/rest/checks/runs#create-a-check-run
    """

    SUCCESS = "success"
    FAILURE = "failure"
    NEUTRAL = "neutral"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    TIMED_OUT = "timed_out"
    ACTION_REQUIRED = "action_required"


SubjectKind = Literal["issue", "pull"]

RuntimeName = Literal["command", "playbook"]
"""The programs that can be an agent's brain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An issue or a pull request."""

    repo: Repo
    number: int
    kind: SubjectKind

    def __str__(self) -> str:
        return f"{self.repo}#{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who did something on GitHub.  The id decides; the login may be renamed."""

    id: UserId
    login: Login
    bot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use.

    Attributes:
        seconds: wall-clock time of the agent's program.
        memory: bytes of address space for each process (and for the group, where cgroups allow).
        processes: processes and threads at once.
        file_size: bytes of the largest file it may write.
        open_files: file descriptors for each process.
    """

    seconds: int = 30 * 60
    memory: int = 4 * 1024**3
    processes: int = 512
    file_size: int = 1024**3
    open_files: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSpec:
    """An agent as configuration defines it.

    Attributes:
        runtime: which driver runs it.
        command: argv of the program, looked up on the sandbox's PATH; for `command` alone.
        prompt: what the agent is told of its work, before what it is asked for.
        context: whether it is shown text from the subject, which strangers may have written.
        outputs: what it may ask for, and how often in one job.
    """

    name: str
    description: str
    runtime: RuntimeName
    command: tuple[str, ...] = ()
    prompt: str = ""
    context: Literal["none", "thread"] = "none"
    outputs: dict[str, int] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPlan:
    """All that a runner and a harness need to know of one job; holds no secret.

    Attributes:
        job: the name under which the runner creates it or adopts it.
        shelf: the name under which the mirror of the repository lies.
        base: the commit that the workspace starts from.
        brief: text for the agent (untrusted parts are marked in it).
    """

    job: JobName
    run: RunId
    fence: Fence
    repo: Repo
    shelf: Repo
    subject: int
    base: Sha
    base_branch: str
    agent: AgentSpec
    brief: str
