"""A name that somebody made lead here opens no socket and no part of the sync API."""

import json
import logging
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client
from structlog.stdlib import ProcessorFormatter

from opencode.asgi import application
from tests.support.agent_client import sync_runtime  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
FOREIGN = [(b"host", b"rebound.example:8000"), (b"origin", b"http://rebound.example:8000")]


@pytest.mark.parametrize("path", ["/sync/v1/sessions/ses_1", "/share_poll?id=x", "/w/x/share_poll?id=x", "/nothing"])
async def test_no_socket_opens_under_anothers_name(path: str) -> None:
    assert await WebsocketCommunicator(application, path, headers=FOREIGN).connect() == (False, 1008)


@pytest.mark.parametrize(
    "path", ["/sync/v1/sessions/ses_1/entries", "/sync/v1/sessions/ses_1/events", "/sync/v1/tickets"]
)
async def test_no_answer_of_the_sync_api_under_anothers_name(path: str) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": f"/sync/v1/{path}", "query_string": b"", "headers": FOREIGN}
    await application(scope, receive, send)
    assert (sent[0]["status"], json.loads(sent[1]["body"])["error"]["code"]) == (400, "host_unknown")


def test_a_foreign_host_is_a_line_in_the_log_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    assert Client(headers={"Host": "rebound.example"}).get("/healthz").status_code == 400
    record = next(record for record in caplog.records if record.name.startswith("django.security"))
    formatters = [handler.formatter for handler in logging.getLogger().handlers]
    formatter = next(one for one in formatters if isinstance(one, ProcessorFormatter))
    told = formatter.format(record)
    assert "rebound.example" in told
    assert "Traceback" not in told
