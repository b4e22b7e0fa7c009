"""How a pull request differs from its base, and whether it would merge."""

from bot.devhub import objects
from bot.devhub.git import git, heads
from bot.devhub.records import Comparison, Issue, Repository


async def refresh(repository: Repository, issue: Issue) -> Comparison:
    """Return the comparison as it is now; one that is closed keeps its last."""
    pull = issue.pull
    assert pull is not None
    known = pull.comparison
    if known is not None and issue.state == "closed":
        return known
    tips = await heads(repository.path, "refs/heads")
    base = tips.get(f"refs/heads/{pull.base}", pull.base_sha)
    if known is None or (known.base_sha, known.head_sha) != (base, pull.head_sha):
        pull.comparison = await _compare(repository, base, pull.head_sha)
    assert pull.comparison is not None
    return pull.comparison


async def _compare(repository: Repository, base: str, head: str) -> Comparison:
    changes = await objects.changes(repository.path, base, head)
    count = await git(repository.path, "rev-list", "--count", f"{base}..{head}")
    return Comparison(
        base_sha=base,
        head_sha=head,
        commits=int(count),
        additions=sum(each.additions for each in changes),
        deletions=sum(each.deletions for each in changes),
        changed_files=len(changes),
        mergeable=await merged_tree(repository, base, head) is not None,
    )


async def merged_tree(repository: Repository, base: str, head: str) -> str | None:
    """Return the tree of a merge, or None when it conflicts."""
    printed = await git(
        repository.path, "merge-tree", "--write-tree", "--name-only", base, head, fine=(0, 1)
    )
    tree, _, conflicts = printed.decode(errors="replace").partition("\n")
    return None if conflicts.strip() else tree
