"""One repository, one home, and the built-in agent's conversations held there."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from contextlib import asynccontextmanager
from pathlib import Path

from bot.agents.acp.conversation import Conversation
from bot.agents.acp.wire import LONGEST, Wire
from bot.agents.base import Talk
from bot.agents.playbook.driver import ALLOWED

ROOT = Path(__file__).resolve().parents[2]
MAIN = "import sys; from bot.agents.playbook.main import main; sys.exit(main())"
FILES = {"a.py": "x=1\n"}


class Played:
    """Plays the client of one agent after the other."""

    def __init__(self, folder, door):
        self.folder, self.door = folder, door
        self.top, self.home, self.tools = folder / "project", folder / "home", folder / "bin"
        self.lines, self.questions, self.allowed, self.session = [], [], ALLOWED, None
        self.base, self.messages, self.turns = "", [], []
        self.said = asyncio.Event()
        self.taken = True
        self.granted = "pull_request push comment noop question"
        self.validations = ""
        for each in (self.top, self.home, self.tools):
            each.mkdir()
        for tool in ("git", "env", "make", "sh", "grep", "touch", "sleep"):
            (self.tools / tool).symlink_to(shutil.which(tool))

    def repository(self, *files):
        for name, text in (FILES | {n: t for each in files for n, t in each.items()}).items():
            (self.top / name).write_text(text)
        for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
            who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
            subprocess.run(["git", *who, *words], cwd=self.top, check=True)
        head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=self.top)
        self.base = head.decode().strip()

    def goes_on(self, *messages):
        """Have the session go on in the next job, which finds the tree as it is."""
        (kept,) = (self.home / ".playbook").iterdir()
        self.session, self.messages = kept.stem, list(messages)

    def brief(self, instruction, texts, kind):
        fields = {"instruction": instruction, "prompt": "", "texts": list(texts)}
        fields |= {"subject": {"kind": kind, "number": 7, "title": "T"}}
        fields |= {"messages": self.messages}
        (self.folder / "brief.json").write_text(json.dumps(fields))

    async def more(self):
        """Tell what has come since the last turn, if the test has anything to tell."""
        if not self.turns:
            return None
        self.messages = [self.turns.pop(0)]
        self.brief(*self.asked)
        return "Something has come."

    async def tell(self, line):
        self.lines.append(line)
        self.said.set()

    async def ask(self, text, choices):
        self.questions.append((text, tuple(choices)))
        return self.taken

    @asynccontextmanager
    async def talking(self, instruction, *texts, kind="issue"):
        self.asked = instruction, texts, kind
        self.brief(*self.asked)
        self.door[1].extend([(200, {"accepted": True})] * 3)
        pipe = asyncio.subprocess.PIPE
        self.agent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", MAIN, str(self.folder / "brief.json"),
            stdin=pipe, stdout=pipe, limit=LONGEST, cwd="/",
            env={
                "PATH": str(self.tools), "HOME": str(self.home), "PYTHONPATH": str(ROOT),
                "GREENROOM_SOCKET": os.environ["GREENROOM_SOCKET"],
                "GREENROOM_KIND": kind, "GREENROOM_OUTPUTS": self.granted,
                "GREENROOM_BASE": self.base, "GREENROOM_VALIDATIONS": self.validations,
            },
        )  # fmt: skip
        wire = Wire(self.agent.stdout, self.agent.stdin, lambda _: None)
        talk = Talk(prompt="Do it.", allowed=self.allowed, session=self.session)
        yield Conversation(
            wire, talk, workspace=str(self.top), tell=self.tell, ask=self.ask, answers_within=60,
            more=self.more,
        )  # fmt: skip
        self.agent.stdin.close()
        await self.agent.stdout.read()
        self.status = await self.agent.wait()

    async def play(self, instruction, *texts, kind="issue"):
        async with self.talking(instruction, *texts, kind=kind) as conversation:
            return await conversation.hold()

    @property
    def outputs(self):
        return [payload for path, payload, _ in self.door[0] if path == "/outputs"]


def text(author, body, **fields):
    return {
        "author": author, "trusted": True, "body": body,
        "path": None, "line": None, "start_line": None, **fields,
    }  # fmt: skip
