import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.globs import covers, folded


@pytest.mark.parametrize(
    ("glob", "path", "covered"),
    [
        (".github/**", ".github/workflows/ci.yml", True),
        (".github/**", ".github", True),
        (".github/**", ".GitHub/x", True),
        (".github/**", "src/.github/x", False),
        (".github/**", ".githubx/y", False),
        ("CODEOWNERS", "CODEOWNERS", True),
        ("CODEOWNERS", "docs/codeowners", True),
        ("CODEOWNERS", "CODEOWNERS.md", False),
        ("/Makefile", "Makefile", True),
        ("/Makefile", "src/Makefile", False),
        ("docs", "src/docs/a/b", True),
        ("docs/*.md", "docs/a.md", True),
        ("docs/*.md", "docs/a/b.md", False),
        ("**/secrets/**", "a/b/secrets/c", True),
        ("**/secrets/**", "secrets/c", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("*.pem", "deep/key.pem", True),
        ("a.c", "abc", False),
        ("src/", "src/x", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/x/y/b", True),
    ],
)
def test_patterns_cover_what_people_expect(glob, path, covered):
    assert covers([glob], path) is covered


@given(st.text(min_size=1))
def test_a_path_covers_itself_under_any_spelling(path):
    plain = path.translate({ord(letter): "x" for letter in "*?/"})
    if plain.strip("/"):
        assert covers([plain], folded(plain))
