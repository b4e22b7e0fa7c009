"""An image as the root of a box: what of it is seen where, whatever it holds."""

import os
from pathlib import Path, PurePosixPath

import pytest

from bot.model.errors import Refused
from bot.rules.images import SAYS
from bot.sandbox import roots
from bot.sandbox.box import Bind
from bot.sandbox.roots import MOST_ENTRIES, laid_out, resolved

WORKSPACE = ("/workspace", "/home/agent", "/toolbox/go")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with the usual folders."""
    for name in ("usr/bin", "etc/ssl", "home/other", "run/db/deep/deeper", "var/lib", "var/tmp"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "etc/passwd").write_text("db:x:7:7::/:/bin/sh\nroot:x:0:0:left out")
    (tmp_path / SAYS).write_bytes(b'{"config": {"WorkingDir": "/srv"}}')
    return tmp_path


def seen(tree: Path, ours: tuple[str, ...] = WORKSPACE) -> dict[str, str]:
    root = laid_out(tree, ours)
    binds = {each.target: each.source.removeprefix(str(tree)) for each in root.binds}
    return binds | {at: f"-> {says}" for says, at in root.links}


def test_its_top_is_shown_entry_by_entry_and_what_lies_beside_ours_too(tree):
    assert seen(tree) == {
        "/usr": "/usr",
        "/bin": "-> usr/bin",
        "/etc/ssl": "/etc/ssl",
        "/home/other": "/home/other",
        "/var/lib": "/var/lib",
    }
    assert all(not each.writable for each in laid_out(tree).binds)


def test_where_nothing_of_ours_lies_a_folder_is_shown_whole(tree):
    assert Bind(source=str(tree / "home"), target="/home") in laid_out(tree, ()).binds


@pytest.mark.parametrize("name", ["proc", "dev", "sys", "tmp", "workspace", "etc/hosts"])
@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_what_stands_where_ours_belongs_is_left_out(tree, name, kind):
    before, path = seen(tree), tree / name
    match kind:
        case "file":
            path.write_text("mine")
        case "link":
            path.symlink_to("/etc")
        case "folder":
            (path / "x").mkdir(parents=True)
    assert seen(tree) == before


@pytest.mark.parametrize("name", ["etc", "home", "var", "toolbox"])
@pytest.mark.parametrize("target", ["/", "/workspace", "../../..", "/proc/self/root"])
def test_a_link_that_leads_elsewhere_makes_way_for_a_folder_of_ours(tree, name, target):
    if (tree / name).exists():
        (tree / name).rename(tree.parent / f"{tree.name}-{name}")
    (tree / name).symlink_to(target)
    assert not [path for path in seen(tree) if path.startswith(f"/{name}")]


def test_of_what_was_running_only_folders_are_made(tree):
    (tree / "run/socket").write_text("x")
    (tree / "run/away").symlink_to("/workspace")
    assert laid_out(tree).run == ("/run/db", "/run/db/deep")


def test_an_image_with_too_much_beside_ours_is_refused(tree):
    for number in range(MOST_ENTRIES + 1):
        (tree / "etc" / f"{number}").symlink_to("x")
    with pytest.raises(Refused, match="too many files in `/etc`"):
        roots.check(tree)


@pytest.mark.parametrize(
    ("links", "path", "to"),
    [
        ({"var/run": "/run"}, "/var/run/db", "/run/db"),
        ({"var/run": "../run"}, "/var/run/db", "/run/db"),
        ({"up": "../../../../etc"}, "/up/ssl", "/etc/ssl"),
        ({"a": "b", "b": "/usr"}, "/a/bin/../bin", "/usr/bin"),
        ({}, "/etc/passwd/x", "/etc/passwd/x"),
        ({}, "/none/../../x", "/x"),
    ],
)
def test_links_lead_to_where_they_would_in_a_box(tree, links, path, to):
    for name, says in links.items():
        (tree / name).symlink_to(says)
    assert resolved(tree, path) == PurePosixPath(to)


@pytest.mark.parametrize("path", ["/a/x", "/" + "x/" * 2000])
def test_links_in_a_circle_lead_nowhere(tree, path):
    (tree / "a").symlink_to("b")
    (tree / "b").symlink_to("a")
    with pytest.raises(Refused, match="lead in a circle"):
        resolved(tree, path)


def test_without_a_shell_no_command_can_be_run(tree):
    with pytest.raises(Refused, match="has no `/bin/sh`"):
        roots.check_shell(tree)
    (tree / "usr/bin/sh").write_text("")
    roots.check_shell(tree)


def test_a_shell_of_the_host_is_none(tree):
    (tree / "usr/bin/sh").symlink_to("/bin/../../bin/sh")
    with pytest.raises(Refused):
        roots.check_shell(tree)


def test_it_knows_the_accounts_of_the_image_and_its_own_first(tree, tmp_path):
    roots.write_etc(tree, tmp_path / "ours")
    lines = (tmp_path / "ours/passwd").read_text().splitlines()
    assert lines[1].startswith("agent:x:1000:")
    assert lines[-1] == "db:x:7:7::/:/bin/sh", "and no half of a line"
    assert "127.0.0.1 localhost" in (tmp_path / "ours/hosts").read_text()


def test_accounts_are_read_from_the_image_alone_and_from_a_file(tree, tmp_path):
    for path, kind in ((tree / "etc/passwd", os.mkfifo), (tree / "etc/group", None)):
        path.unlink(missing_ok=True)
        kind(path) if kind else path.symlink_to("/etc/hostname")
    roots.write_etc(tree, tmp_path / "ours")
    assert (tmp_path / "ours/passwd").read_bytes() == (roots.ETC / "passwd").read_bytes()
    assert (tmp_path / "ours/group").read_bytes() == (roots.ETC / "group").read_bytes()


def test_what_it_says_lies_beside_it(tree):
    assert roots.config(tree).directory == "/srv"
    (tree / SAYS).unlink()
    assert roots.config(tree).directory == "/"
