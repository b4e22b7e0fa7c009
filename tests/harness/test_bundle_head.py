import pytest

from bot.harness.bundle import read
from bot.model.ids import Sha

REF, BASE, TIP = "refs/greenroom/work", Sha("b" * 40), "c" * 40
HEAD = f"# v2 git bundle\n-{BASE} a subject\n{TIP} {REF}\n\n".encode()


def test_the_pack_is_what_follows_the_head():
    bundle = read(HEAD + b"PACK\n\nrest", REF, BASE)
    assert (bundle.tip, bundle.pack) == (TIP, b"PACK\n\nrest")


def test_a_pack_says_how_many_objects_it_has():
    pack = b"PACK" + (2).to_bytes(4, "big") + (13).to_bytes(4, "big")
    assert read(HEAD + pack, REF, BASE).objects == 13
    assert read(HEAD, REF, BASE).objects == 0


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PACK",
        HEAD[:-1],
        HEAD.replace(b"v2", b"v3"),
        HEAD.replace(b"work", b"other"),
        HEAD.replace(BASE.encode(), b"d" * 40),
        HEAD.replace(b"\n-", b"\n-" + b"e" * 40 + b" x\n-"),
        HEAD.replace(b"a subject\n", b""),
        HEAD.replace(TIP.encode(), b"--upload-pack=x"),
        HEAD.replace(TIP.encode(), b"C" * 40),
        HEAD.replace(f"{TIP} {REF}\n".encode(), f"{TIP} {REF}\n".encode() * 2),
        HEAD.replace(b"a subject", b"x" * 20_000),
    ],
)
def test_whatever_else_it_is_is_refused(data):
    with pytest.raises(ValueError, match="bundle"):
        read(data, REF, BASE)
