"""The gateway's sockets: files in one folder, other ones after each start.

Anybody who sees a file may connect, since every job has a uid of its own.  That is safe
because hardly anybody does: the data folder around it is closed (0700), so only a
process into whose mount namespace a runner has put this folder gets here; sandboxes are
given another one.  And who connects still needs a token.
"""

import os
import socket
from pathlib import Path

from bot.model.inside import SOCKET
from bot.sandbox.sockets import short_path

BACKLOG = 1024
"""Connections that wait to be accepted; one more is refused at once, and jobs begin together."""


def listen(folder: Path, name: str = SOCKET) -> socket.socket:
    """Return a listening socket that is `name` in `folder`, made if missing.

    The file appears in one step, listening already, in place of one that a gateway before
    has left: there is no moment at which a client finds none, or one of a dead gateway
    after this one is ready.  Whoever mounts it must mount the folder.
    """
    folder.mkdir(mode=0o711, exist_ok=True)
    folder.chmod(0o711)
    listener = socket.socket(socket.AF_UNIX)
    try:
        with short_path(folder) as short:
            fresh = short / f"{name}.{os.getpid()}"
            fresh.unlink(missing_ok=True)
            listener.bind(str(fresh))
            fresh.chmod(0o666)
            listener.listen(BACKLOG)
            fresh.rename(short / name)
    except OSError:
        listener.close()
        raise
    return listener
