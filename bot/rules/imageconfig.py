"""What an image says of the programs in it: what they are told, and where they start and write.

It is about a container that an engine would make, and read for a box that has the image for
its root.  Users, ports and health checks stand in it too, and mean nothing here.
https://github.com/opencontainers/image-spec/blob/main/config.md
"""

import json
from dataclasses import dataclass
from typing import Any

from bot.rules.images import refused

MOST_VARIABLES, MOST_WORDS, MOST_VOLUMES = 200, 200, 20
"""Variables that an image may set, words of a command, and folders that are to be written to."""

MOST_SAID = 128 * 1024
"""Bytes of each of them together: a system takes no more than two megabytes on a command line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageConfig:
    """What is read of an image's config.

    Attributes:
        environment: pairs of a variable and its value.
        directory: where its program starts.
        program: what it starts; empty where it does not say.
        volumes: folders that its program writes to.
    """

    environment: tuple[tuple[str, str], ...] = ()
    directory: str = "/"
    program: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()


def read_config(data: bytes) -> ImageConfig:
    """Read an image's config; empty for one that has none.

    Raises:
        Refused: `image`: it says something that no program could be told.
    """
    if not data:
        return ImageConfig()
    try:
        said = json.loads(data)["config"] or {}
        return ImageConfig(
            environment=tuple(map(_variable, _texts(said, "Env", MOST_VARIABLES))),
            directory=_path(said.get("WorkingDir") or "/"),
            program=_texts(said, "Entrypoint", MOST_WORDS) + _texts(said, "Cmd", MOST_WORDS),
            volumes=tuple(map(_path, _texts(said, "Volumes", MOST_VOLUMES))),
        )
    except KeyError:
        return ImageConfig()
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise refused("has a config that cannot be read.") from None


def _texts(said: dict[str, Any], name: str, most: int) -> tuple[str, ...]:
    """Return a list of texts, or the names of a mapping; none where there is neither."""
    found = said.get(name) or ()
    texts = tuple(found)
    if isinstance(found, str) or not all(isinstance(each, str) for each in texts):
        raise TypeError(name)
    said_in_all = sum(len(each.encode()) for each in texts)
    if len(texts) > most or said_in_all > MOST_SAID:
        raise refused(f"has a config that says too much in `{name}`.")
    if any("\0" in each for each in texts):
        raise ValueError(name)
    return texts


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise ValueError(text)
    return name, value


def _path(text: str) -> str:
    if not text.startswith("/") or "\0" in text or ".." in text.split("/"):
        raise ValueError(text)
    return text
