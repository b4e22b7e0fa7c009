"""Where things are inside a sandbox: the same paths in every one, whatever they are outside."""

WORKSPACE = "/workspace"
"""The agent's working tree."""

HOME = "/home/agent"
"""The agent's HOME, which no later job sees."""

MIRROR = "/mirror.git"
"""The bare mirror of the repository, read-only, that everything else borrows objects from."""

RESULT_REPO = "/result.git"
"""The bare repository in which the result is committed; no agent sees it."""

DOOR = "/run/greenroom"
"""The folder of the socket by which to ask for things, and of the brief."""

SOCKET = "gateway.sock"
"""The socket's name in `DOOR`, and that of the gateway's own in its folder outside."""

EGRESS = "egress.sock"
"""The name, in the same two folders, of the socket by which to reach allowed hosts."""

PROXY = 8018
"""The port of the box's loopback interface that leads to allowed hosts, if there are any."""

BASES = "bases.sock"
"""The name, in `DOOR`, of the socket by which to have the images that a build begins with."""

IMAGES = 8019
"""The port of the box's loopback interface that leads there, as to a registry."""
