"""The files of a configuration as they were written: YAML with the place of everything."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """The files of one repository that configure.

    Attributes:
        where: the repository, such as `acme/.github`.
        files: their text by path: `.github/greenroom.yml`, those under
            `.github/greenroom/`, and `.github/agents/*.md`.
    """

    where: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something wrong in a file.

    Attributes:
        line: counted from 1.
        words: what is wrong, as one sentence.
        remedy: what to do about it, with the nearest valid name if there is one.
    """

    path: str
    line: int
    words: str
    remedy: str
