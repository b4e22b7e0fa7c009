"""Setups that do what they should not: their jobs end, and nobody is the worse for it."""

import pytest

from bot.model.validations import Setup
from tests.validating.prepared import prepared

FILES = {"src/a": "a\n", "b": "b\n"}


@pytest.fixture
async def place(tmp_path):
    async with prepared(tmp_path, Setup(run="true")) as made:
        yield made


async def laid(place, run):
    """Have a setup run, and return what lies below workspaces then."""
    place.setup = Setup(run=run)
    return await place.prepares(FILES)


async def test_links_are_kept_as_they_are_and_nobody_follows_them(place, tmp_path):
    aim = tmp_path / "aim"
    aim.mkdir()
    (aim / "secret").write_text("of the host")
    found = await laid(
        place,
        f"ln -s {aim} out; ln -s ../../../.. up; ln -s /proc/self/root root; "
        "rm -rf src; ln -s /etc src; ln -s b dangling; mkdir -p deep; ln -s /etc deep/etc",
    )
    (layer,) = found.layers
    assert {each.name for each in layer.iterdir()} == {
        "out",
        "up",
        "root",
        "src",
        "dangling",
        "deep",
    }
    assert (layer / "out").readlink() == aim
    log = await place.ends(
        "ls -l out/ 2>&1; ls src; cat src/a; echo x > deep/new; ls root/etc", FILES
    )
    assert "cannot access 'out/'" in log
    assert "a\na\n" in log
    assert [each.name for each in aim.iterdir()] == ["secret"]


async def test_devices_pipes_sockets_and_closed_files_are_left_out(place):
    run = (
        "mkdir d; mkfifo d/pipe; mknod d/null c 1 3; echo x > d/closed; chmod 000 d/closed; "
        "python3 -c \"import socket; socket.socket(1).bind('d/socket')\"; mkdir d/shut; "
        "echo y > d/shut/y; chmod 000 d/shut; echo z > d/.wh.b; echo w > .wh.b; echo kept > d/kept"
    )
    (layer,) = (await laid(place, run)).layers
    assert {each.name for each in (layer / "d").iterdir()} == {"kept", "shut"}
    assert await place.ends("cat b d/kept", FILES) == "b\nkept\n"


async def test_nothing_of_the_repository_itself_is_kept(place):
    run = (
        "mkdir -p .git/hooks; echo 'echo owned' > .git/hooks/post-checkout; "
        "git config core.fsmonitor 'echo owned'; echo x > src/a; rm b; mkdir b; echo x > b/x"
    )
    found = await laid(place, run)
    log = await place.ends("cat src/a b; ls .git/hooks; git status --short", FILES)
    assert log.startswith("a\nb\n")
    assert "owned" not in log
    assert not (found.layers[0] / ".git").exists()


async def test_no_home_holds_what_agents_and_git_take_orders_from(place):
    run = (
        "cd ~; mkdir -p .claude .config/git .config/other .local/share/opencode .cache/pip; "
        "touch .claude/settings.json .gitconfig .bashrc .config/git/config .config/other/x "
        ".local/share/opencode/auth .cache/pip/wheel"
    )
    (home,) = (await laid(place, run)).homes
    files = {str(each.relative_to(home)) for each in home.rglob("*") if each.is_file()}
    assert files == {".config/other/x", ".cache/pip/wheel"}


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("for n in $(seq 2100); do echo > src/n$n; done", "puts too many files beside"),
        pytest.param(
            "mkdir d; for n in 1 2 3 4 5; do truncate -s 1G d/$n; done",
            "adds too many bytes",
            marks=pytest.mark.full,
        ),
        ("exit 7", ""),
        ("kill -9 $$", "Something outside of it killed it"),
    ],
)
async def test_one_that_does_too_much_leaves_nothing(place, run, words):
    found = await laid(place, run)
    assert found.layers == ()
    assert found.lacks.outcome in {"failed", "broken"}
    assert words in found.lacks.words


@pytest.mark.full
async def test_one_with_too_many_files_leaves_nothing(place):
    many = "import os\nfor n in range(200_001): os.mknod(f'd/{n}')"
    found = await laid(place, f'mkdir d; python3 -c "{many}"')
    assert "adds too many files" in found.lacks.words


async def test_folders_in_folders_without_end_leave_nothing(place):
    deep = "import os\nfor n in range(300): os.mkdir('d'); os.chdir('d')"
    found = await laid(place, f'python3 -c "{deep}"')
    assert "folders in each other" in found.lacks.words
