"""The process that works off what is due."""

import os
import secrets
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr

import handlers
from bot.blobs.blobs import open_blobs
from bot.github.auth import AppKey
from bot.github.client import Credentials, GitHub
from bot.images.additions import Additions
from bot.images.images import Images
from bot.model.errors import Misconfigured
from bot.model.ids import RunId, ValidationId, run_id
from bot.model.settings import Settings
from bot.rules.admission import Capacity
from bot.rules.repoconfig import PROTECT
from bot.runners.local import LocalRunner
from bot.wiring.base import alone, clock_of, open_checked, token
from bot.wiring.floor import floor_of
from bot.wiring.images import open_images
from bot.wiring.runners import by_class, open_runner, platform_of
from bot.work.approvals import Approvals
from bot.work.ciwatch import CiWatch
from bot.work.configs import Configs
from bot.work.context import Context
from bot.work.delivering import Delivering
from bot.work.inbox import Inbox
from bot.work.janitor import Janitor
from bot.work.launching import Launcher, Workspaces
from bot.work.loop import Step
from bot.work.placing import Placing
from bot.work.reporter import Reporter
from bot.work.scheduler import Scheduler
from bot.work.setups import Setups
from bot.work.supervisor import Supervisor
from bot.work.toolboxes import Toolboxes
from bot.work.validations import Validations
from bot.work.waits import Waits
from bot.work.worker import Worker
from bot.work.writers import writers
from bot.workspace.deliver import Rules
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines


async def run(settings: Settings) -> None:
    """Work until cancelled."""
    clock = clock_of(settings)
    pem = _pem(settings)
    credentials = Credentials(app_id=settings.app_id, key=AppKey.load(pem))
    rules = Rules(protect=PROTECT, secrets=(pem, settings.database_url))
    runner = open_runner(settings)
    async with (
        open_checked(settings) as store,
        aiohttp.ClientSession() as http,
        open_images(settings, clock) as images,
    ):
        context = Context(
            store=store,
            github=GitHub(http, credentials, clock, base_url=settings.api_url),
            clock=clock,
            worker=f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}",
            token=token,
        )
        with alone(settings, store) as only_one:
            loops = _loops(settings, context, runner, images, rules)
            await Worker(context, loops, alone=only_one).run()


def _loops(
    settings: Settings, context: Context, runner: LocalRunner, images: Images, rules: Rules
) -> Mapping[str, Step]:
    def new_run() -> RunId:
        return run_id(context.now(), secrets.randbits(80))

    mirrors = Mirrors(settings.home / "mirrors")
    quarantines = Quarantines(settings.home / "quarantine")
    lowers = Lowers(settings.home / "lowers", mirrors)
    blobs = open_blobs(settings.blobs)
    additions = Additions(settings.home / "setups", context.clock)
    setups = Setups(
        context.store,
        context.clock,
        blobs=blobs,
        additions=additions,
        mirrors=mirrors,
        platform=platform_of(settings),
        new_id=lambda: ValidationId(new_run()),
    )
    workspaces = Workspaces(
        mirrors=mirrors,
        lowers=lowers,
        quarantines=quarantines,
        toolboxes=Toolboxes(images.toolboxes, settings.toolboxes, mirrors),
        setups=setups,
    )

    async def prune() -> int:
        return await images.prune() + await additions.prune()

    launcher = Launcher(context, runner, workspaces, settings.home / "gateway")
    configs = Configs(context, floor_of(settings), settings.runtime)
    capacity = Capacity(everywhere=settings.runs_at_once, repo=settings.runs_per_repo)
    return {
        "inbox": Inbox(context, configs, handlers.REACTIONS, new_run).step,
        "approvals": Approvals(context).step,
        "scheduler": Scheduler(context, capacity).step,
        "supervisor": Supervisor(context, runner, launcher).step,
        "delivering": Delivering(context, quarantines, _noreply(settings), rules).step,
        "reporter": Reporter(context, *writers(quarantines, mirrors)).step,
        "waits": Waits(context, CiWatch(context).look).step,
        "validations": Validations(
            context,
            by_class(runner, settings.classes),
            workspaces,
            settings.home / "gateway",
            place=Placing(context, mirrors, blobs, setups).place,
            unpack=images.toolboxes,
            root=images.root,
            most=settings.runs_at_once,
        ).step,
        "janitor": Janitor(context, runner, workspaces, prune).step,
    }


def _pem(settings: Settings) -> SecretStr:
    if settings.private_key is not None:
        return settings.private_key
    file = settings.private_key_file
    try:
        return SecretStr(file.read_text(encoding="ascii") if file else "")
    except (OSError, ValueError):
        words = f"GITHUB_PRIVATE_KEY_FILE is wrong: {file} cannot be read as a PEM."
        raise Misconfigured(words) from None


def _noreply(settings: Settings) -> str:
    """Return the host of the addresses that GitHub gives to users who show none."""
    return f"users.noreply.{urlsplit(settings.server_url).hostname}"
