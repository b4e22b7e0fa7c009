"""What a job may use.  By itself, since the job of a validation needs little more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use.

    Attributes:
        seconds: wall-clock time of the agent's program.
        memory: bytes of address space for each process (and for the group, where cgroups allow).
        processes: processes and threads at once.
        file_size: bytes of the largest file it may write.
        open_files: file descriptors for each process.
        disk: bytes of all files that it adds or changes; counted now and then, and with each
            file a little more than it holds.
    """

    seconds: int = 30 * 60
    memory: int = 4 * 1024**3
    processes: int = 512
    file_size: int = 1024**3
    open_files: int = 4096
    disk: int = 10 * 1024**3
