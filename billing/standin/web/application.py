"""The ASGI application: sends each address to the API, the switches or the pages, and writes the file afterwards."""

import asyncio
import hmac
import json
from typing import Final

import structlog

from billing.standin.sandbox import Sandbox, StripeRefusal
from billing.standin.service import Request, answer
from billing.standin.web.delivery import Deliverer
from billing.standin.web.exchange import (
    BodyTooLarge,
    Exchange,
    Receive,
    Scope,
    Send,
    exchange_read,
    never_answer,
    send_answer,
)
from billing.standin.web.file import SandboxFile
from billing.standin.web.html import Shown
from billing.standin.web.pages import page_answer
from billing.standin.web.switches import switch

log = structlog.get_logger(__name__)
JSON: Final = {"content-type": "application/json"}
HEALTH: Final = "/healthz"


class StandIn:
    """The application for one sandbox and one API key. `file` None keeps everything in memory."""

    def __init__(self, sandbox: Sandbox, api_key: str, file: SandboxFile | None = None) -> None:
        self._sandbox = sandbox
        self._api_key = api_key
        self._file = file
        self._deliverer = Deliverer(sandbox, self._write)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._exchange(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        task = asyncio.create_task(self._deliverer.run())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        task.cancel()
        self._write()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            exchange = await exchange_read(scope, receive)
        except BodyTooLarge:
            return await send_answer(send, 413, JSON, b'{"error":{"message":"The body is too large."}}')
        except ValueError:
            return await send_answer(send, 400, JSON, b'{"error":{"message":"The request is not UTF-8."}}')
        if exchange.path.startswith("/v1/"):
            return await self._api(exchange, receive, send)
        try:
            shown = self._switch(exchange) if exchange.path.startswith("/admin/") else self._page(exchange)
        except Exception:
            shown = self._broken(exchange)
        self._write()
        self._deliverer.wake()
        return await send_answer(send, shown.status, shown.headers, shown.body)

    async def _api(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        request = Request(exchange.method, exchange.target, exchange.headers, exchange.body)
        try:
            done = answer(self._sandbox, request, self._api_key)
        except Exception:
            broken = self._broken(exchange)
            return await send_answer(send, broken.status, broken.headers, broken.body)
        self._write()
        self._deliverer.wake()
        if done.is_lost:
            return await never_answer(receive)
        return await send_answer(send, done.status, done.headers, done.body.encode())

    def _broken(self, exchange: Exchange) -> Shown:
        """A fault of the stand-in itself: nothing of the request stands."""
        log.exception("test_payments_failed", method=exchange.method, path=exchange.path)
        self._sandbox.roll_back()
        return Shown(500, JSON, b'{"error":{"type":"api_error","message":"The stand-in has failed; see its log."}}')

    def _switch(self, exchange: Exchange) -> Shown:
        sent = exchange.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            if not hmac.compare_digest(sent.encode(), self._api_key.encode()):
                raise StripeRefusal("The switches need the API key.", status=401)
            if exchange.method != "POST":
                raise StripeRefusal("The switches take POST.", status=405)
            return Shown(200, JSON, json.dumps(switch(self._sandbox, exchange.path, exchange.body)).encode())
        except StripeRefusal as refusal:
            return Shown(refusal.status, JSON, json.dumps(refusal.body).encode())

    def _page(self, exchange: Exchange) -> Shown:
        if exchange.path == HEALTH:
            return Shown(200, {"content-type": "text/plain"}, b"ok\n")
        return page_answer(self._sandbox, exchange)

    def _write(self) -> None:
        if self._file is not None:
            self._file.write(self._sandbox)
        else:
            self._sandbox.unwritten()
