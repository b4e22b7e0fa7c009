"""The head of a git bundle, read before git sees what follows.

git 2.39 does not look at the objects of a bundle that it fetches from, whatever
`fetch.fsckObjects` says; so the pack in it is taken as any other pack.
https://git-scm.com/docs/gitformat-bundle
"""

from dataclasses import dataclass, field

from bot.model.ids import Sha

_SIGNATURE = b"# v2 git bundle"
_MOST_HEAD = 16 * 1024


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle of one commit: which one, and the pack that has it."""

    tip: Sha
    pack: bytes = field(repr=False)

    @property
    def objects(self) -> int:
        """How many objects the pack says it has.

        https://git-scm.com/docs/gitformat-pack
        """
        return int.from_bytes(self.pack[8:12], "big")


def read(data: bytes, ref: str, base: Sha) -> Bundle:
    """Read a bundle that has one ref and needs nothing but `base`.

    Raises:
        ValueError: it is something else.
    """
    head, separator, _ = data[:_MOST_HEAD].partition(b"\n\n")
    signature, *lines = head.split(b"\n")
    needed = [line[1:41] for line in lines if line.startswith(b"-")]
    refs = [line.partition(b" ") for line in lines if not line.startswith(b"-")]
    fits = signature == _SIGNATURE and separator and needed == [base.encode("ascii")]
    if not fits or [name for _, _, name in refs] != [ref.encode("ascii")]:
        raise ValueError("it is no bundle of work on the base")
    tip = refs[0][0].decode("ascii", "replace")
    if len(tip) != len(base) or not set(tip) <= set("0123456789abcdef"):
        raise ValueError("the bundle names no commit")
    return Bundle(Sha(tip), data[len(head) + len(separator) :])
