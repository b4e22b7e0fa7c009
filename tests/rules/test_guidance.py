import pytest

from bot.rules.guidance import MOST, TOLD, Guidance, section


def told(data: bytes, size: int | None = None) -> str:
    guidance = Guidance(path="AGENTS.md", data=data, size=len(data) if size is None else size)
    return "\n".join(section(guidance))


def test_an_agent_is_told_what_the_repository_says_and_where():
    words = TOLD.format(path="AGENTS.md")
    assert told(b"\n# Rules\n\nRun make.\n") == (
        f"# Guidance\n\n{words}\n\n<guidance>\n# Rules\n\nRun make.\n</guidance>\n"
    )


@pytest.mark.parametrize("more", [1, 5000])
def test_what_is_too_long_is_cut_and_that_is_said(more):
    text = told(b"x" * MOST + b"y" * more)
    assert f"\n{'x' * MOST}\n" in text
    assert "xy" not in text
    assert text.endswith(f"Its other {more:,} bytes are not shown.\n")


def test_a_letter_is_not_cut_in_two():
    text = told(b"x" + "ä".encode() * MOST)
    assert text.count("ä") == MOST // 2 - 1
    assert "\ufffd" not in text


@pytest.mark.parametrize(("data", "size"), [(b"", 2_000_000), (b" \n\t", 3)])
def test_what_says_nothing_is_not_quoted(data, size):
    assert "<guidance>" not in told(data, size)
