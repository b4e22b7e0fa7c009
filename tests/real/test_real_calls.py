"""Real agents call nobody but their model, though they would like to."""

import asyncio
import os
from pathlib import Path

import pytest

from bot.agents.models import PORT
from tests.real.attempts import NAMES, Watch, with_names
from tests.real.programs import runtimes
from tests.real.test_real_runtimes import DONE, FIRST
from tests.runners.conftest import UIDS, until
from tests.stories.remains import command_line, owner

HOLD = """\
#!/bin/sh
# The program is not begun before somebody watches it.
until test -e /toolbox/held/go; do sleep 0.01; done
exec /toolbox/{0}/bin/{0} "$@"
"""

TRIES = "getent hosts home.example.com; timeout 0.2 bash -c ': < /dev/tcp/192.0.2.1/443'"
"""What the model has it do, so that it is seen that attempts are seen."""


def holding(folder: Path, runtime: str) -> Path:
    """Lay out a toolbox that stands before a program's own."""
    (folder / "bin").mkdir(parents=True)
    (folder / "names").write_text(NAMES)
    program = folder / "bin" / runtime
    program.write_text(HOLD.format(runtime))
    program.chmod(0o755)
    return folder


def held() -> int | None:
    """Return the process that is held."""
    for path in Path("/proc").glob("[0-9]*"):
        if UIDS[0] <= owner(path) <= UIDS[1] and command_line(path).startswith("/bin/sh /toolbox"):
            return int(path.name)
    return None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look into the network of a box")
@runtimes
async def test_it_calls_nobody_but_its_model(put, tmp_path, runtime):
    tools = holding(tmp_path / "held", runtime)
    turns = [{"do": [{"run": TRIES}]}, DONE]
    it = await put(runtime, {"turns": turns}, before={"held": tools})
    gateway = it.gateway(FIRST)
    async with gateway:
        await it.runner.launch(it.stage.launch(gateway))
        pid = await until(lambda: asyncio.to_thread(held), bool)
        await asyncio.to_thread(with_names, pid, "/toolbox/held/names")
        with Watch(pid) as watch:
            (tools / "go").touch()
            report = await gateway.until("/finish")
            await it.over(gateway)
            seen = watch.seen()
    assert (report["exit"], len(it.model.came)) == (0, 2)
    assert seen == {f"127.0.0.1:{PORT}", "home.example.com", "192.0.2.1:443"}
