"""A network of a job's own: loopback, and nothing that leads anywhere.

Boxes that are to talk to each other by TCP share it with their harness, which needs no other:
it speaks with the gateway by a socket in a folder.  Containers have such a one already.
"""

import fcntl
import socket
import struct
from contextlib import suppress
from pathlib import Path

from bot.sandbox.mounts import unshare

# include/uapi/linux/sched.h, include/uapi/linux/if.h, include/uapi/linux/sockios.h
_CLONE_NEWNET = 0x40000000
_IFF_UP = 1
_SIOCSIFFLAGS = 0x8914

_LOWEST_PORT = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")


def enter() -> None:
    """Leave the network that this process is in for a new one, which is its own.

    Raises:
        OSError: the kernel or a policy forbids it.
    """
    unshare(_CLONE_NEWNET)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        # struct ifreq, of which the name and the flags are read
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))
    with suppress(OSError):  # a server that wants port 80 has none without it
        _LOWEST_PORT.write_text("0", encoding="ascii")
