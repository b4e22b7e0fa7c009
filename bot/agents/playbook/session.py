"""What was said in a session and what came of it, a line of JSON each, in the agent's home.

The file is all there is to a session: in another home, with the file copied, it goes on.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from bot.agents.playbook.task import messages
from bot.agents.playbook.turns import Messages, Past

Who = Literal["user", "agent"]
Came = Literal["handed_in", "planned", "ended"]
"""What a turn can come to that the next ones have to know of; the last is for all else."""

_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Session:
    """One session.

    Args:
        home: the agent's home.
        name: its id.
    """

    def __init__(self, home: Path, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ValueError("this is no session of mine")
        self.name = name
        self._file = home / ".playbook" / f"{name}.jsonl"

    def make(self) -> None:
        """Begin the session; safe to repeat."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.touch()

    def exists(self) -> bool:
        """Say whether it was ever begun."""
        return self._file.is_file()

    def keep(self, who: Who, text: str) -> None:
        """Write down what somebody said."""
        self._add({"who": who, "text": text})

    def did(self, came: Came, base: str, told: Messages) -> None:
        """Write down what came of a turn on a base that was told these messages."""
        self._add({"did": came, "base": base, "messages": [asdict(each) for each in told]})

    def told(self) -> Iterator[tuple[Who, str]]:
        """Yield what was said."""
        for line in self._lines():
            if "who" in line:
                yield line["who"], line["text"]

    def past(self, base: str) -> Past:
        """Return what the turns before came to, of their changes those on this base."""
        did = [line for line in self._lines() if "did" in line]
        handed_in = [line for line in did if line["did"] == "handed_in" and line["base"] == base]
        planned = [line for line in did if line["did"] == "planned"]
        return Past(
            handed_in=[messages(line["messages"]) for line in handed_in],
            planned=[messages(line["messages"]) for line in planned],
            ended=bool(did),
        )

    def _add(self, line: Mapping[str, Any]) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        """Yield what was written; a line that a crash cut off is left out."""
        for line in self._file.read_text(encoding="utf-8").splitlines():
            try:
                yield json.loads(line)
            except ValueError:
                continue
