"""A repository's files at a branch or commit."""

from collections.abc import Iterable

from bot.devhub import git, objects, writing
from bot.devhub.pages import markdown
from bot.devhub.pages.mentions import mentions
from bot.devhub.pages.visits import Page, Visit
from bot.devhub.problems import not_found
from bot.devhub.records import Repository

LARGEST = 400_000
"""Bytes of a file that a page shows."""

_MARKDOWN = (".md", ".markdown")


async def branch_names(repository: Repository) -> list[str]:
    """Return the branches, the default one first."""
    refs = await git.heads(repository.path, "refs/heads")
    names = sorted(name.removeprefix("refs/heads/") for name in refs)
    return sorted(names, key=lambda name: name != repository.default_branch)


def divided(rest: str, branches: Iterable[str]) -> tuple[str, str]:
    """Return the branch and the path of `BRANCH/PATH`, where either may hold slashes."""
    for name in sorted(branches, key=len, reverse=True):
        if rest == name or rest.startswith(f"{name}/"):
            return name, rest[len(name) + 1 :].strip("/")
    name, _, path = rest.partition("/")
    return name, path.strip("/")


async def commit_at(repository: Repository, name: str) -> str | None:
    """Return the commit of a branch, tag or SHA; None when there is none of that name."""
    found = await git.resolve(repository.path, name) if name.isprintable() else None
    return None if found is None or "\n" in found else found  # `main..tidy` stands for two


async def tree_at(
    repository: Repository, sha: str | None, path: str, *, inside: bool = False
) -> list[objects.TreeEntry]:
    """Return what a path names, or what is inside of it; nothing when it is not there."""
    if sha is None or (path and not writing.well_formed(path)) or not (path or inside):
        return []
    where = f"{path}/" if path and inside else path
    return await objects.tree(repository.path, sha, where)


async def root(seen: Visit) -> Page:
    """Show the repository: the files of its default branch, and its README."""
    return await _folder(seen, seen.repository.default_branch, "")


async def folder(seen: Visit) -> Page:
    """Show a folder at a branch or commit."""
    at, path = divided(seen.params["rest"], await branch_names(seen.repository))
    return await _folder(seen, at, path)


async def _folder(seen: Visit, at: str, path: str) -> Page:
    repository = seen.repository
    sha = await commit_at(repository, at)
    data = {
        "repository": repository,
        "branches": await branch_names(repository),
        "at": at,
        "path": path,
        "entries": [],
        "readme": None,
        "last": None,
    }
    if sha is not None:
        entries = await tree_at(repository, sha, path, inside=True)
        if path and not entries:
            raise not_found()
        data["entries"] = sorted(entries, key=lambda each: (each.type == "blob", each.path))
        data["readme"] = await _readme(seen, at, entries)
        data["last"] = await objects.commit(repository.path, sha)
    elif at != repository.default_branch:
        raise not_found()
    return Page(template="folder.html", title=path or repository.full_name, data=data)


async def _readme(seen: Visit, at: str, entries: list[objects.TreeEntry]) -> object:
    for each in entries:
        name = each.path.rpartition("/")[2].lower()
        if name in {"readme.md", "readme"} and each.type == "blob":
            text = (await objects.blob(seen.repository.path, each.sha)).decode(errors="replace")
            known = await mentions(seen.hub, seen.repository, [text], ref=at)
            return markdown.document(text[:LARGEST], known)
    return None


async def file(seen: Visit) -> Page:
    """Show a file: Markdown as it is meant, everything else by its lines."""
    repository = seen.repository
    at, path = divided(seen.params["rest"], await branch_names(repository))
    sha = await commit_at(repository, at)
    found = await tree_at(repository, sha, path)
    if not found or found[0].type != "blob":
        raise not_found()
    content = await objects.blob(repository.path, found[0].sha)
    text = None if b"\0" in content or len(content) > LARGEST else content.decode(errors="replace")
    written = None
    if text is not None and path.lower().endswith(_MARKDOWN) and "plain" not in seen.query:
        written = markdown.document(text, await mentions(seen.hub, repository, [text], ref=at))
    data = {
        "repository": repository,
        "branches": await branch_names(repository),
        "at": at,
        "path": path,
        "size": len(content),
        "lines": None if text is None else text.splitlines(),
        "written": written,
    }
    return Page(template="file.html", title=path, data=data)


async def editor(seen: Visit) -> Page:
    """Show the form that changes a file, or makes one where there is none yet."""
    repository = seen.repository
    at, path = divided(seen.params["rest"], await branch_names(repository))
    sha = await commit_at(repository, at)
    found = await tree_at(repository, sha, path)
    content = b""
    if found and found[0].type == "blob":
        content = await objects.blob(repository.path, found[0].sha)
    data = {
        "repository": repository,
        "at": at,
        "path": path,
        "sha": found[0].sha if content else "",
        "text": content[:LARGEST].decode(errors="replace"),
    }
    return Page(template="editor.html", title=f"Edit {path}" if path else "New file", data=data)


async def branches(seen: Visit) -> Page:
    """Show the branches, and the open pull request of each."""
    repository = seen.repository
    tips = await git.heads(repository.path, "refs/heads")
    names = await branch_names(repository)
    heads = {
        name: await objects.commit(repository.path, tips[f"refs/heads/{name}"]) for name in names
    }
    opened = {
        each.pull.head: each
        for each in repository.pulls
        if each.pull and each.state == "open" and each.pull.source is repository
    }
    data = {"repository": repository, "heads": heads, "opened": opened}
    return Page(template="branches.html", title="Branches", data=data)
