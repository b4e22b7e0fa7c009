"""What a runner starts where the harness is to run in a container: `... main()" FOLDER`.

As root it makes the views by which the container shows the host to the job, in a mount
namespace of its own, and then becomes podman; as an ordinary user podman is all.
The job's lock and the launch token pass through to the harness.
"""

import os
import sys
from pathlib import Path
from typing import NoReturn

from bot.harness.stage import enclose
from bot.sandbox.folder import JobFolder


def main() -> NoReturn:
    """Become the program that runs the harness in a container."""
    folder = JobFolder(Path(sys.argv[1]))
    order = folder.read_order()
    folder.write_pid()
    os.chdir("/")
    os.umask(0o022)
    if order.uid is not None:
        enclose(folder, order, order.uid)
    os.execv(order.container[0], order.container)  # noqa: S606 - an argv of the runner's


if __name__ == "__main__":
    main()
