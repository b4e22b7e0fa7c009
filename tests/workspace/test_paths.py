import posixpath

from hypothesis import example, given
from hypothesis import strategies as st

from bot.workspace.paths import is_dot_git, link_trouble, name_trouble

IGNORED_BY_MACOS = "\u200c\u200d\u200e\u200f\u202a\u202e\u206a\u206f\ufeff"
PARTS = st.sampled_from(["..", ".", "a", "b", "c", ".git", "", "dir"])


@given(
    st.lists(st.sampled_from([*IGNORED_BY_MACOS, ""]), min_size=5, max_size=5),
    st.lists(st.booleans(), min_size=4, max_size=4),
    st.sampled_from(["", " ", ".", " . .", ":stream", "::$INDEX_ALLOCATION", ". :x"]),
)
def test_every_spelling_of_dot_git_is_known(between, upper, tail):
    letters = [each.upper() if up else each for each, up in zip(".git", upper, strict=True)]
    name = "".join(a + b for a, b in zip(between, [*letters, ""], strict=True)) + tail
    assert is_dot_git(name)
    assert name_trouble(f"a/{name}/config")


@given(st.text())
@example("git~1")
@example(".git")
def test_a_name_is_judged_the_same_in_any_case(name):
    if name.upper().casefold() == name.casefold():
        assert is_dot_git(name) == is_dot_git(name.upper())


@given(st.text(max_size=20))
def test_a_path_without_trouble_has_parts_that_stay_where_they_are(path):
    if name_trouble(path) is None:
        assert posixpath.normpath(path) == path
        assert not path.startswith(("/", "../"))
        assert not set(path) & set("\0\n\r\x1b\x7f\u200b\u202e\ufeff\\:")
        assert ".git" not in path.casefold().split("/")


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.lists(PARTS, max_size=6))
@example(["a"], [".."])
@example(["a", "b"], ["..", ".."])
def test_a_link_without_trouble_stays_inside(path, target):
    link, text = "/".join(path), "/".join(target)
    if link_trouble(link, text) is None:
        assert not text.startswith("/")
        reached = posixpath.normpath(posixpath.join("/root", posixpath.dirname(link), text))
        assert reached == "/root" or reached.startswith("/root/")
        assert ".git" not in text.split("/")


LINKS = st.dictionaries(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map("/".join),
    st.lists(st.sampled_from(["..", "a", "b", "c", "."]), min_size=1, max_size=4).map("/".join),
    max_size=5,
)


@given(LINKS)
@example({"a/b": "../c", "c": "a", "a/c": "b/../.."})
def test_links_that_lead_through_links_stay_inside_too(links):
    taken = {path: target for path, target in links.items() if link_trouble(path, target) is None}
    for path in taken:
        assert _walk(path.split("/"), taken) >= 0


def _walk(parts: list[str], links: dict[str, str], steps: int = 60) -> int:
    """Follow a path as the kernel does; return the least depth, below zero when it gets out."""
    at: list[str] = []
    rest = list(parts)
    while rest and steps:
        steps -= 1
        part = rest.pop(0)
        if part == "..":
            if not at:
                return -1
            at.pop()
        elif part not in {".", ""}:
            target = links.get("/".join([*at, part]))
            if target is None:
                at.append(part)
            else:
                rest = target.split("/") + rest
    return len(at)
