"""What a setup may add: how much, and where it lies in the tar that its job hands in.

These are the words of two sides that share nothing else: the job packs, the worker unpacks.
"""

from dataclasses import dataclass

WORKSPACE, HOME = "workspace", "home"
"""The folders at the top of the tar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How much it may be.

    Attributes:
        packed: bytes of the tar as it is handed in.
        size: bytes of the tar itself.
        entries: files, folders and links.
        beside: those of them that lie in folders of the repository itself, each of which git
            has to be told to leave alone.
    """

    packed: int = 1 << 30
    size: int = 4 << 30
    entries: int = 200_000
    beside: int = 2_000


BOUNDS = Bounds()
"""Of all setups."""

NEVER_HOME = (
    *(".claude", ".claude.json", ".codex", ".gemini", ".agents", ".opencode"),
    *(".aider.conf.yml", ".cursor", ".mcp.json", ".pi"),
    *(".config/opencode", ".local/share/opencode", ".local/state/opencode"),
    *(".gitconfig", ".config/git", ".git-credentials", ".netrc", ".ssh"),
    *(".profile", ".bash_profile", ".bashrc", ".zshrc", ".zshenv"),
    ".npm/_logs",
)
"""What of a home is left out.

Coding agents take their orders from some of it, git and shells their settings.  What tools
keep of downloads stays, so that nothing that was fetched for a lock file is fetched again.
"""

NEVER_WORKSPACE = (".git",)
"""What of a workspace is."""
