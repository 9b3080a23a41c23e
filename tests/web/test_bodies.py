"""Pages take small bodies: a large one is refused before it fills the disk, however it is sent."""

import asyncio
import json
from typing import Any

import pytest

from opencode.asgi import application
from opencode.web.bodies import LARGEST_BYTES

pytestmark = pytest.mark.django_db(transaction=True)
CHUNK = 256 * 1024


class Upload:
    """A client that sends as long as it is asked."""

    def __init__(self, path: str, size: int, *, announced: int | None = None) -> None:
        headers = [(b"host", b"testserver"), (b"content-type", b"multipart/form-data; boundary=x")]
        headers += [] if announced is None else [(b"content-length", str(announced).encode())]
        self.scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": headers}
        self.left = size
        self.answers: list[Any] = []
        self._more = iter([True] * (size // CHUNK) + [False])

    async def receive(self) -> dict[str, Any]:
        if next(self._more, None) is None:
            await asyncio.Event().wait()
        taken = min(CHUNK, self.left)
        self.left -= taken
        return {"type": "http.request", "body": b"x" * taken, "more_body": self.left > 0}

    async def send(self, message: Any) -> None:
        self.answers.append(message)

    @property
    def refusal(self) -> tuple[int, str]:
        return self.answers[0]["status"], json.loads(self.answers[1]["body"])["error"]["code"]


async def test_endless_body_is_refused_and_not_read_on() -> None:
    upload = Upload("/accounts/login/", 100 * LARGEST_BYTES)
    await application(upload.scope, upload.receive, upload.send)
    assert upload.refusal == (413, "body_too_large")
    assert upload.left > 98 * LARGEST_BYTES


async def test_announced_body_is_refused_unread() -> None:
    upload = Upload("/api/v1/workspaces", LARGEST_BYTES + 1, announced=LARGEST_BYTES + 1)
    await application(upload.scope, upload.receive, upload.send)
    assert upload.refusal == (413, "body_too_large")
    assert upload.left == LARGEST_BYTES + 1
    assert (b"connection", b"close") in upload.answers[0]["headers"]


async def test_small_body_reaches_the_page() -> None:
    upload = Upload("/accounts/login/", 100)
    await application(upload.scope, upload.receive, upload.send)
    assert upload.answers[0]["status"] in {400, 403}
