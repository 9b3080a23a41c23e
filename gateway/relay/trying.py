"""A small real call to a model for whoever wants to see that it works, through everything that all calls go through."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.errors import ProviderMissing
from gateway.models import ModelCall
from gateway.providers.kinds import Form
from gateway.relay.caller import Caller
from gateway.relay.ids import new_call_id
from gateway.relay.noting import call_noted
from gateway.relay.outgoing import Outgoing
from gateway.relay.runtime import GatewayRuntime, gateway_running
from gateway.relay.serving import Served, call_reserved, call_run
from gateway.selectors.routing import Route, aroute_for
from gateway.wire.asking.reading import ask_read
from gateway.wire.paths import Target
from opencode.lib.asgi.exchange import Exchange, Message
from opencode.lib.errors import Denial, NotReady

TEXT: Final = "Reply with one word: pong"
CAP: Final = 64
"""Tokens that a test writes at most."""
TRY_SECONDS: Final = 20.0
SAID_CHARACTERS: Final = 300


@dataclass(frozen=True, slots=True)
class CallTrial:
    """How a test went; `said` is the refusal in words, empty when there was an answer."""

    note: ModelCall | None
    said: str = ""


def call_try(*, caller: Caller, slug: str, credential_id: str = "") -> CallTrial:
    """Call the model, with this credential alone if one is named; waits TRY_SECONDS at most, in a page's thread.

    Raises NotReady in a process that serves no model calls.
    """
    runtime = gateway_running()
    if runtime is None:
        raise NotReady
    work = _tried(runtime, caller, slug, credential_id)
    return asyncio.run_coroutine_threadsafe(work, runtime.loop).result(TRY_SECONDS + 10)


async def _tried(runtime: GatewayRuntime, caller: Caller, slug: str, credential_id: str) -> CallTrial:
    answer = _Answer()
    out, served, started = Outgoing(answer.send, new_call_id()), Served(), time.monotonic()
    said = ""
    try:
        async with asyncio.timeout(TRY_SECONDS):
            await _call(runtime, caller, await _route(caller, slug, credential_id), out, served)
    except Denial as denial:
        said, served.code = denial.message, denial.code
    except TimeoutError:
        said = f"No whole answer within {TRY_SECONDS:g} seconds."
    call = served.call
    if call is None:
        return CallTrial(None, said)
    note = call_noted(call, served, out.status, time.monotonic() - started)
    if not said and served.end != ModelCall.End.COMPLETE:
        said = answer.refusal() or f"{ModelCall.End(note.end).label.capitalize()}."
    return CallTrial(note, said)


async def _call(runtime: GatewayRuntime, caller: Caller, route: Route, out: Outgoing, served: Served) -> None:
    form = Form(route.candidates[0].forms[0])
    body = json.dumps(_body(form, route.model.slug)).encode()
    ask = ask_read(Target(caller.workspace_id, form, model=route.model.slug, is_stream=True), body)
    with Exchange({"type": "http", "method": "POST", "headers": []}, _stays) as exchange:
        call = await call_reserved(runtime, exchange, caller, ask, route, body, out)
        await call_run(runtime, call, exchange, _stays, served)


async def _route(caller: Caller, slug: str, credential_id: str) -> Route:
    route = await aroute_for(
        workspace_id=caller.workspace_id,
        member_id=caller.member_id,
        key_id=caller.key_id,
        role=caller.role,
        model_slug=slug,
    )
    candidates = tuple(each for each in route.candidates if credential_id in {"", each.credential_id})
    if not candidates:
        raise ProviderMissing("This key is off, or the model's policy leaves it out.")
    return replace(route, candidates=candidates)


def _body(form: Form, model: str) -> Mapping[str, Any]:
    if form == Form.GENERATE:
        return {"contents": [{"role": "user", "parts": [{"text": TEXT}]}], "generationConfig": {"maxOutputTokens": CAP}}
    if form == Form.RESPONSES:
        return {"model": model, "input": TEXT, "max_output_tokens": CAP, "stream": True, "store": False}
    messages = [{"role": "user", "content": TEXT}]
    return {"model": model, "messages": messages, "max_tokens": CAP, "stream": True}


class _Answer:
    """Keeps the beginning of what a client would have got."""

    def __init__(self) -> None:
        self._begin = b""

    async def send(self, message: Message) -> None:
        if len(self._begin) < 4 * SAID_CHARACTERS:
            self._begin += bytes(message.get("body", b""))

    def refusal(self) -> str:
        """What the provider said, cut."""
        try:
            said = json.loads(self._begin)["error"]["message"]
        except (ValueError, LookupError, TypeError):
            return ""
        return str(said)[:SAID_CHARACTERS]


async def _stays() -> Message:
    """Whoever tests waits."""
    await asyncio.Event().wait()
    raise AssertionError("unreachable")
