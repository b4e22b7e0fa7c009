"""Hostile trees by name: each is in quarantine as if git's own checks had let it pass."""

import pytest
from origins import FILE, LINK, Origin, run_git
from pydantic import SecretStr

from bot.model.ids import RunId, Sha
from bot.workspace.deliver import (
    CommitWords,
    FileChange,
    Inspected,
    Rejected,
    Rules,
    inspect,
    seal,
)
from bot.workspace.snapshot import Author

CANARY = "canary-7f3a91"
RULES = Rules(
    protect=(".github/**", "CODEOWNERS"),
    secrets=(SecretStr(CANARY), SecretStr("")),
    most_files=20,
    most_file=10_000,
    most_bytes=25_000,
)
JWT = "ghs_1234567_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl"


@pytest.fixture
async def quarantine(quarantines, mirror, base):
    return Origin(await quarantines.open(RunId("01RUN"), mirror, base))


@pytest.fixture
def inspected(quarantine, base, git):
    async def deliver(tree, *, on=None, rules=RULES):
        parent = on or base
        result = quarantine.commit(tree, ref="refs/heads/other", parent=parent)
        return await inspect(quarantine.path, parent, result, rules, git)

    return deliver


async def test_an_honest_result_is_taken_with_its_lines_counted(inspected, quarantine, base):
    found = await inspected(
        {
            "README.md": (FILE, b"# Hall\nmore\n"),
            "src/run.sh": None,
            "docs/logo.png": (FILE, b"\x89PNG\0\1"),
            "docs/read me.md": (LINK, b"../README.md"),
        }
    )
    assert isinstance(found, Inspected)
    assert found.parent == base
    assert found.files == (
        FileChange(path="README.md", added=1, removed=0),
        FileChange(path="docs/logo.png", added=0, removed=0),
        FileChange(path="docs/read me.md", added=1, removed=0),
        FileChange(path="src/run.sh", added=0, removed=1),
    )
    assert (
        run_git(quarantine.path, "ls-tree", "-r", "--name-only", found.tree, "src")
        == "src/hall.py"
    )


@pytest.mark.parametrize(
    "name",
    [
        ".git/config",
        "a/.git/hooks/post-checkout",
        ".GIT/config",
        ".Git",
        "git~1/config",
        "GIT~2",
        ".git /config",
        ".git./config",
        ".git::$INDEX_ALLOCATION/config",
        ".g\u200cit/config",
        "\ufeff.git/config",
        "\uff0egit/config",
        "a\\.git\\config",
        "../outside",
        "a/./b",
        "a/../b",
        "C:/x",
        "trailing. ",
        "new\nline",
        "escape\x1b[2J",
        "bidi\u202etxt.exe",
        b"not-utf8-\xff",
        "x" * 256,
        "/".join(["deep" * 20] * 20),
        "readme.md",
        "SRC/other.py",
        "Link",
    ],
)
async def test_a_new_path_that_some_system_reads_as_another_is_rejected(inspected, name):
    found = await inspected({name: (FILE, b"x")})
    assert isinstance(found, Rejected)
    assert found.reason == "path"
    assert found.words.isprintable()


@pytest.mark.parametrize(
    "name", ["a b.txt", "ü/ß.txt", "名前", ".gitignore2", "git~x", "..a", "$x"]
)
async def test_a_new_path_that_is_merely_unusual_is_taken(inspected, name):
    assert isinstance(await inspected({name: (FILE, b"x")}), Inspected)


async def test_an_odd_path_that_people_made_may_be_changed(inspected, quarantine, base):
    odd = quarantine.commit({"odd. ": (FILE, b"x")}, ref="refs/heads/odd", parent=base)
    assert isinstance(await inspected({"odd. ": (FILE, b"y")}, on=odd), Inspected)


@pytest.mark.parametrize(
    "target",
    [
        b"/etc/passwd",
        b"../outside",
        b"../../etc",
        b"..",
        b"hall.py/../../..",
        b"x/../../../up",
        b".git/config",
        b"../.git",
        b"../.GIT/hooks",
        b"../git~1",
        b"..\\..\\windows",
        b"C:/windows",
        b"",
        b"a\nb",
        b"not-utf8-\xff",
    ],
)
async def test_a_link_that_leads_out_or_into_git_is_rejected(inspected, target):
    where = "src/new" if target not in {b"../outside", b".."} else "new"
    found = await inspected({where: (LINK, target)})
    assert isinstance(found, Rejected)
    assert found.reason == "link"


async def test_a_link_in_the_place_of_a_folder_is_rejected(inspected):
    found = await inspected({"src": (LINK, b"docs"), "docs/hall.py": (FILE, b"x")})
    assert found == Rejected(reason="link", words="`src` is a link in the place of a folder.")


async def test_a_changed_link_is_checked_too(inspected):
    found = await inspected({"link": (LINK, b"/etc/shadow")})
    assert found == Rejected(reason="link", words="`link` is a link to an absolute path.")


@pytest.mark.parametrize(
    "tree",
    [
        {".github/workflows/ci.yml": (FILE, b"on: push\n")},
        {".GitHub/workflows/ci.yml": (FILE, b"on: push\n")},
        {".github": (LINK, b"src")},
        {"CODEOWNERS": (FILE, b"* @me\n")},
        {"docs/CODEOWNERS": (FILE, b"* @me\n")},
    ],
)
async def test_a_protected_path_is_rejected(inspected, tree):
    found = await inspected(tree)
    assert isinstance(found, Rejected)
    assert found.reason == "protected_path"


async def test_deleting_or_moving_a_protected_file_is_rejected(inspected, quarantine, base):
    owned = quarantine.commit({"CODEOWNERS": (FILE, b"x")}, ref="refs/heads/owned", parent=base)
    found = await inspected({"CODEOWNERS": None, "elsewhere": (FILE, b"x")}, on=owned)
    assert isinstance(found, Rejected)
    assert found.reason == "protected_path"


async def test_a_submodule_is_rejected(inspected):
    found = await inspected({"module": ("160000", b"1" * 40)})
    assert found == Rejected(reason="submodule", words="`module` is a submodule.")


async def test_a_moved_submodule_is_rejected_and_a_removed_one_taken(inspected, quarantine, base):
    on = quarantine.commit({"m": ("160000", b"1" * 40)}, ref="refs/heads/m", parent=base)
    assert isinstance(await inspected({"m": ("160000", b"2" * 40)}, on=on), Rejected)
    assert isinstance(await inspected({"m": None}, on=on), Inspected)


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({"big": (FILE, b"x" * 10_001)}, "too_large"),
        ({f"part{n}": (FILE, b"%d" % n * 9_000) for n in range(3)}, "too_large"),
        ({f"f{n}": (FILE, b"%d" % n) for n in range(21)}, "too_many_files"),
        ({"README.md": (FILE, b"# Hall\n")}, "empty"),
    ],
)
async def test_too_much_and_nothing_are_rejected(inspected, tree, reason):
    found = await inspected(tree)
    assert isinstance(found, Rejected)
    assert found.reason == reason


async def test_a_bomb_of_one_small_pack_is_weighed_before_it_is_read(inspected):
    found = await inspected({"bomb": (FILE, bytes(80 * 1024**2))})
    assert isinstance(found, Rejected)
    assert found.reason == "too_large"


@pytest.mark.parametrize(
    "secret",
    [
        CANARY,
        JWT,
        "ghp_" + "a1" * 18,
        "ghs_" + "a1" * 18,
        "github_pat_" + "A1" * 41,
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
    ],
)
async def test_a_credential_is_rejected_without_being_repeated(inspected, secret):
    found = await inspected({"a.bin": (FILE, b"\0\xff" + secret.encode() + b"\n")})
    assert isinstance(found, Rejected)
    assert found.reason == "secret"
    assert secret not in repr(found)
    assert CANARY not in repr(RULES)


async def test_a_credential_in_a_name_or_in_a_link_is_rejected(inspected):
    named = await inspected({f"dir/{CANARY}.txt": (FILE, b"x")})
    linked = await inspected({"l": (LINK, CANARY.encode())})
    assert isinstance(named, Rejected)
    assert named.reason == "secret"
    assert CANARY not in named.words
    assert isinstance(linked, Rejected)
    assert linked.reason == "secret"


async def test_a_test_key_that_was_there_before_does_not_bar_the_file(inspected, quarantine, base):
    key = b"-----BEGIN PRIVATE KEY-----\n"
    on = quarantine.commit({"key.py": (FILE, key)}, ref="refs/heads/key", parent=base)
    assert isinstance(await inspected({"key.py": (FILE, key + b"# more\n")}, on=on), Inspected)
    both = key + b"ghp_" + b"a1" * 18
    assert isinstance(await inspected({"key.py": (FILE, both)}, on=on), Rejected)


@pytest.mark.parametrize("result", ["0" * 40, "1" * 40, "--all", "HEAD", "refs/heads/result"])
async def test_a_result_that_is_not_there_is_rejected(quarantine, base, git, result):
    found = await inspect(quarantine.path, base, Sha(result), RULES, git)
    assert isinstance(found, Rejected)
    assert found.reason == "not_descended"


async def test_a_result_with_another_history_is_rejected(quarantine, base, git):
    orphan = quarantine.commit({"x": (FILE, b"x")}, ref="refs/heads/orphan")
    found = await inspect(quarantine.path, base, orphan, RULES, git)
    assert isinstance(found, Rejected)
    assert found.reason == "not_descended"


async def test_replaced_objects_and_attributes_of_the_tree_change_no_verdict(
    inspected, quarantine, base, git
):
    evil = quarantine.commit({"x": (LINK, b"/etc")}, ref="refs/heads/evil", parent=base)
    good = quarantine.commit({"x": (FILE, b"x")}, ref="refs/heads/good", parent=base)
    run_git(quarantine.path, "replace", evil, good)
    assert isinstance(await inspect(quarantine.path, base, evil, RULES, git), Rejected)
    attributes = (FILE, b"* -diff filter=x textconv=x\n")
    found = await inspected({".gitattributes": attributes, "README.md": (FILE, b"y\n")})
    assert isinstance(found, Inspected)
    assert sum(file.added for file in found.files) == 2


async def test_the_apps_commit_has_the_tree_and_nothing_else_of_the_agents(
    inspected, quarantine, base, git
):
    found = await inspected({"new": (FILE, b"x")})
    author = Author(name="greenroom[bot]", email="1+greenroom[bot]@users.noreply.github.com")
    words = CommitWords(
        message="Tidy up\n\nCo-authored-by: Ann <a@b>", author=author, when=1_700_000_000
    )
    sha = await seal(quarantine.path, found, words, git)
    shown = run_git(quarantine.path, "cat-file", "commit", sha)
    assert shown.splitlines() == [
        f"tree {found.tree}",
        f"parent {base}",
        f"author {author.name} <{author.email}> 1700000000 +0000",
        f"committer {author.name} <{author.email}> 1700000000 +0000",
        "",
        "Tidy up",
        "",
        "Co-authored-by: Ann <a@b>",
    ]
    assert await seal(quarantine.path, found, words, git) == sha


async def test_a_large_number_of_commits_is_one_commit_in_the_end(quarantine, base, git):
    for number in range(5):
        last = quarantine.commit(
            {"n": (FILE, b"%d" % number)}, ref="refs/heads/many", parent=None if number else base
        )
    found = await inspect(quarantine.path, base, last, RULES, git)
    author = Author(name="a", email="b")
    sha = await seal(quarantine.path, found, CommitWords(message="m", author=author, when=1), git)
    assert run_git(quarantine.path, "rev-list", "--count", f"{base}..{sha}") == "1"
