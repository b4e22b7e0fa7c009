"""Files, commits, forks and check runs with buttons, against the embedded GitHub."""

from dataclasses import replace

import pytest

from bot.github.checks import Action, Annotation, Output, Shown
from bot.github.commits import Commit
from bot.model.errors import Refused
from bot.model.ids import Sha
from bot.model.priorities import Priority
from bot.model.runs import Conclusion
from tests.github.embedded import REPO

SOON = Priority.ACKNOWLEDGE
MAIN = "refs/heads/main"
FILES = {
    ".github/greenroom.yml": "version: 1\n",
    ".github/agents/fix.md": "Fix it.\n",
    "docs/a.md": "A\n",
}


async def asks(hub, line: str, **body):
    """Ask for something outside of the repository, as ann."""
    method, path = line.split(" ")
    headers = {"Authorization": f"token {hub.ann['token']}", "User-Agent": "ann"}
    async with hub.http.request(method, f"{hub.base}{path}", json=body, headers=headers) as reply:
        assert reply.ok, await reply.text()
        return await reply.json()


async def commits(hub, repo: str, branch: str) -> Sha:
    """Commit `FILES` to a new branch, as ann."""
    ref = await asks(hub, f"GET /repos/{repo}/git/ref/heads/main")
    head = ref["object"]["sha"]
    tree = [
        {"path": path, "mode": "100644", "type": "blob", "content": text}
        for path, text in FILES.items()
    ]
    tree.append({"path": ".github/agents/link.md", "mode": "120000", "content": "fix.md"})
    made = await asks(hub, f"POST /repos/{repo}/git/trees", base_tree=head, tree=tree)
    said = {"message": "Add", "tree": made["sha"], "parents": [head]}
    commit = await asks(hub, f"POST /repos/{repo}/git/commits", **said)
    made = {"ref": f"refs/heads/{branch}", "sha": commit["sha"]}
    await asks(hub, f"POST /repos/{repo}/git/refs", **made)
    return Sha(commit["sha"])


async def test_files_of_a_folder_are_read_at_a_commit(hub):
    sha = await commits(hub, REPO, "files")
    folder = await hub.octo.contents.folder(sha, ".github")
    found = await hub.octo.contents.files(folder)
    assert [(file.path, file.size) for file in found] == [
        ("agents/fix.md", 8),
        ("greenroom.yml", 11),
    ]
    assert await hub.octo.contents.blob(found[0].sha) == b"Fix it.\n"
    assert await hub.octo.contents.folder(await hub.octo.repository.head("main"), "docs") is None


async def test_a_commit_that_the_app_makes_is_signed_and_moves_a_branch_forwards(hub):
    head = await hub.octo.repository.head("main")
    tree = (await hub.octo.commits.get(head)).tree
    wanted = Commit(message="Nothing new", tree=tree, parents=(head,))
    made = await hub.octo.commits.create(wanted, priority=SOON)
    assert await hub.octo.commits.get(made) == wanted
    assert (await hub.acts(f"GET /git/commits/{made}"))["verification"]["verified"] is True
    await hub.octo.commits.point("refs/heads/new", made, priority=SOON)
    await hub.octo.commits.advance(MAIN, made, priority=SOON)
    assert await hub.octo.commits.tip(MAIN) == made
    assert await hub.octo.commits.compare(head, made) == "ahead"
    with pytest.raises(Refused, match="fast forward"):
        await hub.octo.commits.advance(MAIN, head, priority=SOON)
    with pytest.raises(Refused, match="already exists"):
        await hub.octo.commits.point(MAIN, made, priority=SOON)


async def test_a_pull_request_of_a_fork_says_so(hub):
    fork = await asks(hub, f"POST /repos/{REPO}/forks")
    sha = await commits(hub, fork["full_name"], "purr")
    new = {"title": "Purr", "head": "ann:purr", "base": "main", "draft": True}
    opened = await hub.acts("POST /pulls", **new)
    pull = await hub.octo.pulls.get(opened["number"])
    assert (pull.fork, pull.draft, pull.state, pull.base) == (True, True, "open", "main")
    assert (pull.head.repo, pull.head.ref, pull.head.sha) == (fork["full_name"], "purr", sha)
    assert (pull.author.login, pull.title, pull.body) == ("ann", "Purr", "")


async def test_a_completed_check_run_has_buttons_and_all_its_annotations_once(hub):
    head = await hub.octo.repository.head("main")
    notes = tuple(
        Annotation(
            path="README.md",
            start_line=1,
            end_line=1,
            annotation_level="warning",
            message=f"Note {number}",
        )
        for number in range(60)
    )
    done = Shown(
        status="completed",
        conclusion=Conclusion.ACTION_REQUIRED,
        output=Output(title="Waits", summary="…"),
        actions=(Action(label="Approve", description="Say yes", identifier="approve"),),
        annotations=notes,
    )
    made = await hub.octo.checks.create(head, "greenroom / tidy", "run-1", done, priority=SOON)
    await hub.octo.checks.edit(made.id, replace(done, annotations=notes[:1]), priority=SOON)
    await hub.octo.checks.edit(made.id, done, priority=SOON)
    shown = await hub.acts(f"GET /check-runs/{made.id}")
    assert shown["output"]["annotations_count"] == 60
    found = await hub.acts(f"GET /check-runs/{made.id}/annotations?per_page=100")
    assert [each["message"] for each in found] == [note.message for note in notes]
