"""Files of a repository as they are at a commit, read through the API without a clone."""

from base64 import b64decode
from dataclasses import dataclass

from bot.github.calls import Caller
from bot.github.permissions import Operation
from bot.model.ids import Sha

PLAIN = frozenset({"100644", "100755"})
"""Git's modes of files; a link is 120000, a submodule 160000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file in a tree.

    Attributes:
        path: from the tree that was listed.
        sha: the blob.
        size: bytes.
    """

    path: str
    sha: Sha
    size: int


class Contents:
    """Trees and blobs of one repository."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    async def folder(self, at: Sha, name: str) -> Sha | None:
        """Return the tree of a folder in the root of a commit; None when there is none."""
        row = await self._calls.get(Operation.TREE, tree_sha=at)
        found = (
            each["sha"] for each in row["tree"] if (each["type"], each["path"]) == ("tree", name)
        )
        return next((Sha(sha) for sha in found), None)

    async def files(self, tree: Sha) -> tuple[File, ...]:
        """Return the files in a tree and below, by path; links and submodules are left out.

        GitHub lists at most 100,000 entries, or 7 MB of them.
        https://docs.github.com/en/rest/git/trees#get-a-tree
        """
        row = await self._calls.get(Operation.TREE, {"recursive": "1"}, tree_sha=tree)
        return tuple(
            File(path=each["path"], sha=Sha(each["sha"]), size=each["size"])
            for each in row["tree"]
            if each["mode"] in PLAIN
        )

    async def blob(self, sha: Sha) -> bytes:
        """Return the content of a file; GitHub gives up to 100 MB."""
        row = await self._calls.get(Operation.BLOB, file_sha=sha)
        return b64decode(row["content"])
