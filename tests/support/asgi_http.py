"""Plain HTTP inside the test's process: an httpx client that speaks ASGI to the application."""

import httpx

from opencode.asgi import application

HOST = "testserver"


def asgi_client(*, address: str = "127.0.0.1", host: str = HOST) -> httpx.AsyncClient:
    """Comes from that address and asks for that host."""
    transport = httpx.ASGITransport(app=application, client=(address, 4000))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}", trust_env=False)
