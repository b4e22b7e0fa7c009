"""Patterns of paths, as configuration writes them for what is protected and what counts."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache


def covers(globs: Iterable[str], path: str) -> bool:
    """Tell whether one of the patterns covers `path`, whatever the case of its letters.

    `*` and `?` stay within a folder, `**` does not.  A pattern without a slash before its
    last letter fits in any folder.  What covers a folder covers all below it, and what
    covers all below a folder covers the folder.
    """
    return any(_pattern(glob).fullmatch(folded(path)) for glob in globs)


def folded(path: str) -> str:
    """Return what two paths have in common that some file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    whole = folded(glob.strip("/"))
    if "/" not in glob.rstrip("/"):
        whole = f"**/{whole}"
    special = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|/\*\*(?!/)|\*\*|\*|\?)", whole)
    below = "(?:/.*)?"
    return re.compile(
        "".join(special.get(part, re.escape(part)) for part in parts) + below, re.DOTALL
    )
