"""The stand-in behind real HTTP, in a thread of the test, and an endpoint that takes its webhooks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import stripe
import uvicorn

from billing.standin.sandbox import Sandbox
from billing.standin.web import SandboxFile, StandIn
from opencode.server.listening import listening_socket
from tests.support.processes import wait_until
from tests.support.standin import API_KEY, Clock


class Served:
    """A running stand-in: its address, its sandbox, the SDK's client on it, its switches."""

    def __init__(self, url: str, sandbox: Sandbox, clock: Clock) -> None:
        self.url, self.sandbox, self.clock = url, sandbox, clock
        self.client = self.client_waiting(10)
        self.api = self.client.v1

    def client_waiting(self, seconds: float) -> stripe.StripeClient:
        http = stripe.RequestsClient(timeout=seconds)
        addresses: Any = {"api": self.url}
        return stripe.StripeClient(API_KEY, base_addresses=addresses, http_client=http, max_network_retries=0)

    def switch(self, name: str, **given: Any) -> Any:
        headers = {"authorization": f"Bearer {API_KEY}"}
        done = httpx.post(f"{self.url}/admin/{name}", json=given, headers=headers, trust_env=False)
        assert done.status_code == 200, done.text
        return done.json()

    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False)


@contextmanager
def serving(path: Path | None = None) -> Iterator[Served]:
    """Serve a sandbox, from this file or from nowhere; its clock stands still until a test moves it."""
    listener = listening_socket("127.0.0.1", 0)
    url, clock = f"http://127.0.0.1:{listener.getsockname()[1]}", Clock()
    file = SandboxFile(path) if path else None
    sandbox = file.sandbox(clock, url) if file else Sandbox(seed="a test's", clock=clock, base_url=url)
    config = uvicorn.Config(StandIn(sandbox, API_KEY, file), lifespan="on", log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started, "the stand-in serves")
        yield Served(url, sandbox, clock)
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
        if file:
            file.close()


class Receiver:
    """An endpoint for webhooks. `status` is what it answers; `taken` are (signature, body) in the order of arrival."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.status: Callable[[int], int] = lambda number: 200
        self.url = ""

    def types(self) -> list[str]:
        return [stripe.Event.construct_from(_json(body), "").type for _, body in self.taken]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Endpoint(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Somewhere to come back to from the stand-in's pages."""
            self.send_response(200)
            self.send_header("content-type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>The console</title><p>Back at the console</p>")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            status = receiver.status(len(receiver.taken))
            receiver.taken.append((self.headers["stripe-signature"], body))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            """Tests say for themselves what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    receiver.url = f"http://127.0.0.1:{server.server_port}/webhook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


def _json(body: str) -> Any:
    return httpx.Response(200, text=body).json()
