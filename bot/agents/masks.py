"""Files by which a repository would command a coding agent: none of them is seen by one.

Hooks, servers of tools, plugins and addresses of models lie there, and programs start or
use them before they ask a model anything.  Each driver switches off what it can; these are
hidden besides, since versions change.  What is hidden stays in the tree as it was.
"""

MASKS = (
    ".claude",
    ".claude.json",
    ".mcp.json",
    ".codex",
    ".opencode",
    "opencode.json",
    "opencode.jsonc",
    ".gemini",
    ".agents",
    ".pi",
    ".cursor",
    ".aider.conf.yml",
)
"""Paths below the workspace."""
