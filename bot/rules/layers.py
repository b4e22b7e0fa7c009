"""The files of one repository that configure, and what they say together."""

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
