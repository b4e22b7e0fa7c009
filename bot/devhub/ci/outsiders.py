"""The control API about checks of any other app: whatever a test wants to be told.

Reported twice, late, under another name, or never finished: it is all up to the test.
"""

from typing import Any

from aiohttp import web

from bot.devhub.ci import parties
from bot.devhub.ci.client import Client
from bot.devhub.hub import Hub
from bot.devhub.workflow_records import Log

_FIELDS = ("name", "status", "conclusion", "output", "details_url", "external_id")
_TIMES = ("started_at", "completed_at")


async def report(hub: Hub, _request: web.Request, body: dict[str, Any]) -> Any:
    """{repository, app, name, sha, status?, conclusion?, output?, id?, log?, …} -> {id}.

    An `id` changes the run that it names; without it there is a new run each time.  A run of
    `github-actions` is a job of a workflow run too, whose `log` is given `log_times` over
    when it is completed.  Further fields: details_url, external_id, started_at, completed_at.
    """
    repository = hub.repository(*body["repository"].split("/"))
    app = await parties.registered(hub, body["app"], repository.owner)
    installation = parties.installed(hub, app, repository)
    client = Client(hub=hub, installation=installation, repository=repository)
    told = {name: body[name] for name in (*_FIELDS, *_TIMES) if name in body}
    if "id" in body:
        run = int(body["id"])
    else:
        run = await client.create(body["name"], body["sha"])
    if told.keys() - {"name"}:
        log = Log(text=body.get("log", "").encode(), times=body.get("log_times", 1))
        await client.update(run, told, log)
    return {"id": run}
