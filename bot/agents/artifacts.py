"""Files that a validation has left, written into a folder of the box.

What they are called, and what is in them, is the making of whatever ran: none is written
outside of the folder, and none through a link.
"""

import io
import os
import tarfile
from pathlib import Path

from bot.agents.door import AwayError, said

_OK = 200
_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW


def fetch(validation: str, folder: Path) -> int:
    """Write the files that a validation has left; return how many.

    Raises:
        AwayError: they are not to be had.
        OSError: they cannot be written.
    """
    status, body = said("GET", f"/validations/{validation}?artifacts")
    if status != _OK:
        raise AwayError("Its artifacts are not there any more.")
    return unpack(body, folder)


def unpack(data: bytes, folder: Path) -> int:
    """Write the plain files of a tar below a folder; return how many.

    Raises:
        AwayError: it is no tar, or holds a name that leads elsewhere.
        OSError: a file cannot be written.
    """
    count = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
            for entry in tar:
                if entry.isreg() and (content := tar.extractfile(entry)):
                    _write(folder, entry.name, content.read())
                    count += 1
    except tarfile.TarError:
        raise AwayError("What came is no archive of artifacts.") from None
    return count


def _write(folder: Path, name: str, data: bytes) -> None:
    parts = name.split("/")
    if not all(parts) or {".", ".."} & set(parts):
        raise AwayError(f"An artifact has a name that leads elsewhere: {name!r}.")
    path = folder
    for part in ("", *parts[:-1]):
        path /= part
        path.mkdir(parents=path == folder, exist_ok=True)
        if path != folder and path.is_symlink():
            raise AwayError(f"{path} is a link: nothing is written through it.")
    with os.fdopen(os.open(path / parts[-1], _NEW, 0o666), "wb") as file:
        file.write(data)
