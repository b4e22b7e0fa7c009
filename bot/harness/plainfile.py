"""One plain file below a folder that others may have filled: read by no link, and not for ever."""

import os
import stat
from io import FileIO

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""How a folder is opened that is to be one, and no link to one."""

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read(top: int, path: str, most: int) -> bytes | None:
    """Read a plain file below a folder, by no link; None when it is none, or too large."""
    *folders, name = path.split("/")
    at = os.dup(top)
    try:
        for each in folders:
            inner = os.open(each, FOLDER, dir_fd=at)
            os.close(at)
            at = inner
        with FileIO(os.open(name, _FILE, dir_fd=at)) as file:
            about = os.fstat(file.fileno())
            # one with a hole is as large as it says, takes no room, and as long to read
            fits = stat.S_ISREG(about.st_mode) and about.st_size <= most
            data = file.read(most + 1) if fits else None
    except OSError:
        return None
    finally:
        os.close(at)
    return data if data is not None and len(data) <= most else None
