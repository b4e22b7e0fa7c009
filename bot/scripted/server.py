"""The server of a scripted model: it finds the dialect and the turn, and plays it.

    POST    …/messages  …/chat/completions  …/responses  …/models/MODEL:generateContent
    GET     /_scripted/requests      what has come, oldest first
    GET     /_scripted/requests/N    the body of one of them
    DELETE  /_scripted/requests      forget them, and how often failures were played
    PUT     /_scripted/script        play another script from here on

The beginning of a dialect's path may be anything, so that base addresses with and without
`/v1` work.
"""

import asyncio
import contextlib
import json
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

from bot.model.errors import Misconfigured, Refused
from bot.model.models import Usage
from bot.scripted.dialects import chat, gemini, messages, responses
from bot.scripted.dialects.base import Answer, Asked, Dialect
from bot.scripted.script import Script, Turn, as_script, at, read_script
from bot.scripted.tools import call

LARGEST = 64 * 1024**2
"""Bytes of a request."""

KEPT = 1000
"""Requests that are remembered; older ones are forgotten."""

BYTES_A_TOKEN = 4
"""A rule of thumb, for a script that does not say what an answer counts."""

CUT = "This line is going to be cut. " * 40
"""What is said on a line that is cut, where the script says nothing else."""

END = "The script has ended."
"""What is said when no turn is left."""

STRANGER = "This is not the key."

DIALECTS: Mapping[str, Dialect] = {
    r"/messages": messages,
    r"/chat/completions": chat,
    r"/responses": responses,
    r"/models/[^/:]+:(?:streamG|g)enerateContent": gemini,
}
"""The dialect of a path, by how it ends."""

COUNTING: Mapping[str, Callable[[int], Mapping[str, int]]] = {
    r"/messages/count_tokens": lambda tokens: {"input_tokens": tokens},
    r"/models/[^/:]+:countTokens": lambda tokens: {"totalTokens": tokens},
}
"""What some agents ask before a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """A request that has come.

    Attributes:
        path: with its query, a key left out.
        bytes: of its body.
        key: whether it had the key that is asked for; None where none is.
        answered: answers that its conversation held.
        turn: index in the script of what was played; None beside the script and after its end.
        status: of the answer.
        body: as it came.
    """

    path: str
    model: str
    stream: bool
    bytes: int
    key: bool | None
    answered: int
    turn: int | None
    status: int
    body: str


class Model:
    """A model that answers by a script.

    Attributes:
        address: where it is reached; set by `scripted`.
        came: the requests that have come, oldest first.
    """

    def __init__(self, script: Script | Mapping[str, Any], key: str | None = None) -> None:
        self.address = ""
        self.came: deque[Came] = deque(maxlen=KEPT)
        self._script = as_script(script)
        self._key = key
        self._failed: Counter[int] = Counter()

    def play(self, script: Script | Mapping[str, Any]) -> None:
        """Play another script from the next request on.

        Raises:
            Misconfigured: the script is none; the one before stays.
        """
        self._script = as_script(script)
        self._failed.clear()

    def forget(self) -> None:
        """Forget what has come, and how often failures were played."""
        self.came.clear()
        self._failed.clear()

    def application(self) -> web.Application:
        """Return the server's routes."""
        app = web.Application(client_max_size=LARGEST)
        app.add_routes(
            [
                web.get("/", _here),
                web.get("/_scripted/requests", self._list),
                web.get(r"/_scripted/requests/{number:\d+}", self._body),
                web.delete("/_scripted/requests", self._forget),
                web.put("/_scripted/script", self._replace),
                web.post("/{path:.*}", self._answer),
            ]
        )
        return app

    async def _list(self, _request: web.Request) -> web.Response:
        return web.json_response([_shown(each) for each in self.came])

    async def _body(self, request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        if number >= len(self.came):
            raise web.HTTPNotFound
        return web.Response(text=self.came[number].body, content_type="application/json")

    async def _forget(self, _request: web.Request) -> web.Response:
        self.forget()
        return web.Response(status=204)

    async def _replace(self, request: web.Request) -> web.Response:
        try:
            self.play(read_script(await request.text()))
        except Misconfigured as problem:
            return web.Response(status=400, text=f"{problem}\n")
        return web.Response(status=204)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        text = await request.text()
        for ending, count in COUNTING.items():
            if re.search(f"{ending}$", request.path):
                return web.json_response(count(len(text) // BYTES_A_TOKEN))
        dialect = next(
            (each for ending, each in DIALECTS.items() if re.search(f"{ending}$", request.path)),
            None,
        )
        if dialect is None:
            return web.json_response(messages.error(404, "No dialect has this path."), status=404)
        try:
            asked = dialect.asked(request.path, json.loads(text))
        except (ValueError, TypeError, AttributeError, KeyError) as problem:
            words = f"This is no request of this dialect: {problem!r}"
            return web.json_response(dialect.error(400, words), status=400)
        return await self._play(request, text, dialect, asked)

    async def _play(
        self, request: web.Request, text: str, dialect: Dialect, asked: Asked
    ) -> web.StreamResponse:
        """Answer a request that was understood, and note that it came."""
        right = self._key is None or self._key in _keys(request)
        index, turn = self._turn(asked) if right else (None, Turn(status=401, say=STRANGER))
        try:
            answer = _answer(turn, asked, text)
        except Refused as problem:
            answer, turn = _answer(Turn(say=problem.words), asked, text), Turn(status=400)
        self.came.append(
            Came(
                path=str(request.rel_url.without_query_params("key")),
                model=asked.model,
                stream=asked.stream,
                bytes=len(text.encode()),
                key=None if self._key is None else right,
                answered=asked.answered,
                turn=index,
                status=turn.status or 200,
                body=text,
            )
        )
        return await _played(request, dialect, turn, answer, asked)

    def _turn(self, asked: Asked) -> tuple[int | None, Turn]:
        """Return what is played now, and its index if it is a part of the script."""
        if asked.beside is not None:
            return None, Turn(say=asked.beside)
        index = at(self._script, asked.answered, self._failed)
        if index is None:
            return None, Turn(say=END)
        turn = self._script.turns[index]
        self._failed[index] += not turn.answers
        return index, turn


@contextlib.asynccontextmanager
async def scripted(
    script: Script | Mapping[str, Any], *, key: str | None = None, port: int = 0
) -> AsyncIterator[Model]:
    """Serve a scripted model on the loopback while the context lasts.

    Args:
        script: what it plays, checked or as it would stand in a file.
        key: what requests must bring; None takes all.
        port: 0 takes a free one.

    Raises:
        Misconfigured: the script is none.
        OSError: the port is taken.
    """
    model = Model(script, key)
    runner = web.AppRunner(model.application(), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        host, taken = runner.addresses[0][:2]
        model.address = f"http://{host}:{taken}"
        yield model
    finally:
        await runner.cleanup()


async def _here(_request: web.Request) -> web.Response:
    """Answer those who only look whether somebody is there."""
    return web.Response(text="A scripted model.\n")


async def _played(
    request: web.Request, dialect: Dialect, turn: Turn, answer: Answer, asked: Asked
) -> web.StreamResponse:
    """Answer as the turn says: with a failure, whole, as a stream, or not to the end."""
    begins = asked.stream if turn.drop else turn.answers
    if not (begins and turn.drop):
        await asyncio.sleep(turn.stall)
    if turn.status is not None:
        again = {} if turn.retry_after is None else {"Retry-After": str(turn.retry_after)}
        body = dialect.error(turn.status, answer.text or f"The script says {turn.status}.")
        return web.json_response(body, status=turn.status, headers=again)
    if begins and not asked.stream:
        return web.json_response(dialect.whole(answer))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    if begins:
        with contextlib.suppress(ConnectionError):  # who asked may leave first
            await response.prepare(request)
            await _send(response, dialect.events(answer, asked), turn)
    if not turn.answers and request.transport is not None:
        request.transport.close()
    return response


async def _send(response: web.StreamResponse, events: Iterator[bytes], turn: Turn) -> None:
    for number, event in enumerate(events):
        if number == turn.drop:
            break
        await response.write(event)
        await asyncio.sleep(turn.pace)
    if turn.drop is not None:
        await asyncio.sleep(turn.stall)


def _answer(turn: Turn, asked: Asked, text: str) -> Answer:
    """Make the answer of a turn.

    Raises:
        Refused: no tool that is offered can do what it does.
    """
    calls = [call(action, asked.tools) for action in turn.do]
    guessed = Usage(
        input=len(text) // BYTES_A_TOKEN,
        output=1 + len(f"{turn.say}{calls or ''}") // BYTES_A_TOKEN,
    )
    return Answer(
        id="beside" if asked.beside is not None else str(asked.answered),
        model=asked.model,
        text=turn.say or ("" if turn.drop is None or calls else CUT),
        calls=calls,
        usage=Usage(**asdict(turn.usage)) if turn.usage else guessed,
    )


def _keys(request: web.Request) -> set[str]:
    """Return what may be a key, wherever a dialect has it."""
    headers = request.headers
    bearer = headers.get("Authorization", "").removeprefix("Bearer ")
    given = (bearer, headers.get("X-Api-Key"), headers.get("X-Goog-Api-Key"))
    return {each for each in (*given, request.query.get("key")) if each}


def _shown(came: Came) -> Mapping[str, Any]:
    return {name: value for name, value in asdict(came).items() if name != "body"}
