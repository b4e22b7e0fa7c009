"""Toolboxes of a job's own, from an image, beside those of the runner."""

from dataclasses import replace
from pathlib import Path

from bot.images.images import Images
from bot.images.registry import open_registry
from bot.images.store import Store
from bot.model.clock import Clock
from bot.model.registries import read_registries
from bot.model.validations import Toolbox
from bot.runners.local import LocalRunner
from bot.sandbox.folder import JobFolder
from bot.sandbox.probe import probe
from tests.images.built import image, served, tar
from tests.runners.conftest import UIDS, gone
from tests.runners.keeping import nothing

SAYS = b'{"path": ["bin", "more"], "environment": {"BOX": "{toolbox}"}}'
ASK = "tool; more; touch /toolbox/box/bin/tool || echo closed; echo $BOX; own"


def script(words: str) -> bytes:
    return f"#!/bin/sh\necho {words}\n".encode()


async def fetched(home: Path) -> dict[str, Path]:
    """Fetch a toolbox from a registry, as the worker does."""
    box = tar(
        ("bin/tool", script("of the image")),
        ("more/more", script("from another folder")),
        ("toolbox.json", SAYS),
    )
    async with served() as registry:
        known = read_registries([f"http://{registry.place}"])
        async with open_registry(known, {}) as client:
            images = Images(Store(home / "images", Clock(lambda: 0.0)), client)
            name = registry.has(image(box))
            return dict(await images.toolboxes([Toolbox(name="box", image=name)]))


async def test_a_job_uses_the_tools_of_an_image_and_cannot_change_them(stage, gateway_for):
    own = stage.home / "own"
    (own / "bin").mkdir(parents=True)
    for name in ("tool", "own"):
        (own / "bin" / name).write_bytes(script("of the operator"))
        (own / "bin" / name).chmod(0o755)
    runner = LocalRunner(stage.home / "jobs", probe(), uids=UIDS, toolboxes={"own": own})
    beside = await fetched(stage.home)
    async with gateway_for(ASK) as gateway:
        await runner.launch(replace(stage.launch(gateway), toolboxes=beside))
        await gone(runner, stage.plan.job)
    said = JobFolder(stage.home / "jobs" / stage.plan.job).agent_log.read_text().splitlines()
    assert [line for line in said if not line.startswith("touch")] == [
        "of the image",
        "from another folder",
        "closed",
        "/toolbox/box",
        "of the operator",
    ]
    await runner.sweep(nothing)
