"""Git for a harness outside: one box, and as many commands as it takes.

Runs inside a box as `python -I -S errands.py`, reads commands from standard input and
writes what came of each to standard output.  The standard library is all it has, and of
that the least: this comes up for every checkpoint.
"""

import os
import sys


def main() -> None:
    """Run commands until nobody wants any more."""
    reader, writer = sys.stdin.buffer, sys.stdout.buffer
    while size := reader.readline():
        given, *words = reader.read(int(size)).split(b"\0")
        status, said, complaint = _run(given or os.devnull.encode(), words)
        writer.write(b"%d %d %d\n" % (status, len(said), len(complaint)))
        writer.write(said + complaint)
        writer.flush()


def _run(given: bytes, words: list[bytes]) -> tuple[int, bytes, bytes]:
    """Run git with a file as its input; what it writes is collected in memory."""
    files = [os.memfd_create(name) for name in ("said", "complaint")]
    actions = [(os.POSIX_SPAWN_OPEN, 0, given, os.O_RDONLY, 0)]
    dups = [(os.POSIX_SPAWN_DUP2, file, at) for at, file in enumerate(files, start=1)]
    pid = os.posix_spawnp(b"git", [b"git", *words], os.environ, file_actions=[*actions, *dups])
    _, how = os.waitpid(pid, 0)
    said, complaint = map(_all, files)
    return os.waitstatus_to_exitcode(how), said, complaint


def _all(file: int) -> bytes:
    with open(file, "rb") as written:
        written.seek(0)
        return written.read()


if __name__ == "__main__":
    main()
