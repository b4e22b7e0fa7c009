"""Short names for folders of sockets: the address of a unix socket holds 107 bytes.

https://man7.org/linux/man-pages/man7/unix.7.html
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def short_path(folder: Path) -> Iterator[Path]:
    """Yield a path of `folder` that fits into an address, however long its own is.

    It is this process's alone, and leads to the same folder even after that is renamed.
    """
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield Path(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
