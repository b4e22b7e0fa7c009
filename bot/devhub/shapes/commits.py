"""Commits, trees, blobs, refs, files and diffs: git's things in GitHub's JSON."""

import base64
from typing import Any
from urllib.parse import quote

from bot.devhub.objects import Commit, FileChange, Touched, TreeEntry
from bot.devhub.records import Repository
from bot.devhub.shapes import accounts
from bot.devhub.shapes.repositories import api_url

_UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def _verification(repository: Repository, sha: str) -> dict[str, Any]:
    """Return whether a commit's signature is known to be good: only GitHub's own are."""
    if sha not in repository.signed:
        return _UNSIGNED
    signature, payload = repository.signed[sha]
    told = {"signature": signature, "payload": payload, "verified_at": None}
    return {"verified": True, "reason": "valid", **told}


def _node(kind: str, repository: Repository, name: str) -> str:
    return accounts.node_id(kind, f"{repository.id}:{name}")


def git_commit(base: str, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return a `git-commit`, the raw object."""
    url = f"{api_url(base, repository)}/git"
    html = f"{base}/{repository.full_name}/commit"
    return {
        "sha": commit.sha,
        "node_id": _node("C", repository, commit.sha),
        "url": f"{url}/commits/{commit.sha}",
        "html_url": f"{html}/{commit.sha}",
        "author": commit.author,
        "committer": commit.committer,
        "tree": {"sha": commit.tree, "url": f"{url}/trees/{commit.tree}"},
        "message": commit.message,
        "parents": [
            {"sha": each, "url": f"{url}/commits/{each}", "html_url": f"{html}/{each}"}
            for each in commit.parents
        ],
        "verification": _verification(repository, commit.sha),
    }


def commit(base: str, repository: Repository, commit: Commit) -> dict[str, Any]:
    """Return a `commit`; its authors are strangers to the hub, hence null."""
    url = f"{api_url(base, repository)}/commits"
    html = f"{base}/{repository.full_name}/commit"
    raw = git_commit(base, repository, commit)
    return {
        "sha": commit.sha,
        "node_id": raw["node_id"],
        "url": f"{url}/{commit.sha}",
        "html_url": raw["html_url"],
        "comments_url": f"{url}/{commit.sha}/comments",
        "commit": {
            "url": raw["url"],
            "author": commit.author,
            "committer": commit.committer,
            "message": commit.message,
            "tree": raw["tree"],
            "comment_count": 0,
            "verification": raw["verification"],
        },
        "author": None,
        "committer": None,
        "parents": [
            {"sha": each, "url": f"{url}/{each}", "html_url": f"{html}/{each}"}
            for each in commit.parents
        ],
    }


def simple_commit(commit: Commit) -> dict[str, Any]:
    """Return a `simple-commit`, as check suites carry it."""
    return {
        "id": commit.sha,
        "tree_id": commit.tree,
        "message": commit.message,
        "timestamp": commit.committer["date"],
        "author": {"name": commit.author["name"], "email": commit.author["email"]},
        "committer": {"name": commit.committer["name"], "email": commit.committer["email"]},
    }


def pushed_commit(
    base: str, repository: Repository, commit: Commit, touched: Touched
) -> dict[str, Any]:
    """Return a commit as the `push` event lists it, with the paths that it touched."""
    return {
        **simple_commit(commit),
        "distinct": True,
        "url": f"{base}/{repository.full_name}/commit/{commit.sha}",
        "added": list(touched.added),
        "removed": list(touched.removed),
        "modified": list(touched.modified),
    }


def file_change(base: str, repository: Repository, sha: str, change: FileChange) -> dict[str, Any]:
    """Return a `diff-entry`.

    Args:
        base: the hub's address.
        repository: where it is.
        sha: the head commit that the file's addresses point at.
        change: what git says of it.
    """
    html, path = f"{base}/{repository.full_name}", quote(change.path)
    patch = {} if change.patch is None else {"patch": change.patch}
    previous = {} if change.previous is None else {"previous_filename": change.previous}
    return {
        "sha": change.blob,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{html}/blob/{sha}/{path}",
        "raw_url": f"{html}/raw/{sha}/{path}",
        "contents_url": f"{api_url(base, repository)}/contents/{path}?ref={sha}",
        **patch,
        **previous,
    }


def ref(base: str, repository: Repository, named: tuple[str, str]) -> dict[str, Any]:
    """Return a `git-ref`.

    Args:
        base: the hub's address.
        repository: where it is.
        named: the full name, such as `refs/heads/main`, and the commit it points at.
    """
    name, sha = named
    url = f"{api_url(base, repository)}/git"
    return {
        "ref": name,
        "node_id": _node("REF", repository, name),
        "url": f"{url}/{name}",
        "object": {"sha": sha, "type": "commit", "url": f"{url}/commits/{sha}"},
    }


def short_branch(base: str, repository: Repository, named: tuple[str, str]) -> dict[str, Any]:
    """Return a `short-branch`, as lists of branches have it: of a name and a commit."""
    name, sha = named
    url = f"{api_url(base, repository)}/commits/{sha}"
    return {"name": name, "commit": {"sha": sha, "url": url}, "protected": False}


def branch(base: str, repository: Repository, name: str, head: Commit) -> dict[str, Any]:
    """Return a `branch-with-protection`; no branch of the hub is protected."""
    url = f"{api_url(base, repository)}/branches/{name}"
    return {
        "name": name,
        "commit": commit(base, repository, head),
        "_links": {"self": url, "html": f"{base}/{repository.full_name}/tree/{quote(name)}"},
        "protected": False,
        "protection": {"enabled": False},
        "protection_url": f"{url}/protection",
    }


def blob(base: str, repository: Repository, sha: str, content: bytes) -> dict[str, Any]:
    """Return a `blob`."""
    return {
        "sha": sha,
        "node_id": _node("B", repository, sha),
        "size": len(content),
        "url": f"{api_url(base, repository)}/git/blobs/{sha}",
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }


def tree(base: str, repository: Repository, sha: str, entries: list[TreeEntry]) -> dict[str, Any]:
    """Return a `git-tree`."""
    url = f"{api_url(base, repository)}/git"
    plural = {"blob": "blobs", "tree": "trees", "commit": "commits"}
    return {
        "sha": sha,
        "url": f"{url}/trees/{sha}",
        "tree": [
            {
                "path": entry.path,
                "mode": entry.mode,
                "type": entry.type,
                "sha": entry.sha,
                **({} if entry.size is None else {"size": entry.size}),
                "url": f"{url}/{plural[entry.type]}/{entry.sha}",
            }
            for entry in entries
        ],
        "truncated": False,
    }


def content(
    base: str, repository: Repository, at: str, entry: TreeEntry, data: bytes | None
) -> dict[str, Any]:
    """Return a `content-file`, or an item of a `content-directory` when there is no data.

    Args:
        base: the hub's address.
        repository: where it is.
        at: the ref that the request named.
        entry: what the tree holds under the path.
        data: the file's bytes.
    """
    repo, html = api_url(base, repository), f"{base}/{repository.full_name}"
    is_file = entry.type == "blob"
    path, where = quote(entry.path), quote(at)
    url = f"{repo}/contents/{path}?ref={quote(at, safe='')}"
    git_url = f"{repo}/git/{'blobs' if is_file else 'trees'}/{entry.sha}"
    html_url = f"{html}/{'blob' if is_file else 'tree'}/{where}/{path}"
    encoded = (
        {}
        if data is None
        else {"content": base64.encodebytes(data).decode(), "encoding": "base64"}
    )
    return {
        "type": "file" if is_file else "dir",
        **encoded,
        "size": entry.size or 0,
        "name": entry.path.rpartition("/")[2],
        "path": entry.path,
        "sha": entry.sha,
        "url": url,
        "git_url": git_url,
        "html_url": html_url,
        "download_url": f"{html}/raw/{where}/{path}" if is_file else None,
        "_links": {"self": url, "git": git_url, "html": html_url},
    }
