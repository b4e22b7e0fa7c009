"""What a repository says to coding agents is not there for them, in real boxes."""

from dataclasses import replace

import pytest

from bot.runners.local import LocalRunner
from bot.sandbox.probe import probe
from tests.runners.conftest import UIDS, gone, make_gateway, make_stage
from tests.runners.keeping import nothing

FILES = {
    ".claude/settings.json": "{}",
    ".mcp.json": "{}",
    "docs/config.toml": "x",
    "src/a.py": "x=1\n",
}
LOOK = (
    "exec >&2; ls -A .claude docs; cat .mcp.json;echo x > .claude/y; rm .mcp.json; rm -r .claude"
)


async def looked(stage, script):
    """Run a script as an agent of the protocol, which it is not; return its report."""
    gateway = make_gateway(stage, ("sh", "-c", script))
    gateway.plan = replace(gateway.plan, agent=replace(gateway.plan.agent, runtime="acp"))
    runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS)
    async with gateway:
        await runner.launch(stage.launch(gateway))
        report = await gateway.until("/finish")
        await gone(runner, stage.plan.job)
    await runner.sweep(nothing)
    return report


async def test_it_finds_nothing_there_can_put_nothing_there_and_takes_nothing_away(tmp_path):
    stage = make_stage(tmp_path, FILES)
    (stage.tree / ".codex").symlink_to("docs")
    report = await looked(stage, LOOK)
    lines = report["log"].splitlines()
    assert lines[:3] == [".claude:", "", "docs:"]
    assert "Read-only file system" in lines[3]
    assert "Device or resource busy" in lines[4]
    assert report["result"] is not None


@pytest.mark.parametrize("where", [".", "/workspace/docs", "/proc/self/cwd/docs", "../../x"])
async def test_a_link_that_may_lead_anywhere_hides_everything(tmp_path, where):
    stage = make_stage(tmp_path, FILES)
    (stage.tree / ".codex").symlink_to(where)
    report = await looked(stage, "ls -A . >&2; echo end >&2")
    assert report["log"].splitlines()[0] == "end"
    assert report["result"] is not None
