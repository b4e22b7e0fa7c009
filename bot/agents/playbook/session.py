"""What was said in a session, a line of JSON each, in the agent's home.

The file is all there is to a session: in another home, with the file copied, it goes on.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Who = Literal["user", "agent"]

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
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"who": who, "text": text}) + "\n")

    def told(self) -> Iterator[tuple[Who, str]]:
        """Yield what was said; a line that a crash cut off is left out."""
        for line in self._file.read_text(encoding="utf-8").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            yield said["who"], said["text"]
