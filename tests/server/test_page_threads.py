"""Pages are answered by a bounded number of threads, each with its own connection, however many ask at once."""

import asyncio
import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpRequest, HttpResponse

from opencode.asgi import pages, pages_handler
from opencode.lib.bounds import ANSWER_SECONDS, LOCK_SECONDS, PAGE_ANSWER_SECONDS, PAGE_LOCK_SECONDS
from opencode.web.pageshandler import HEALTH_PATHS, PAGE_THREADS, SESSION_THREADS, PagesHandler

pytestmark = pytest.mark.django_db(transaction=True)
ASKED_SECONDS = 30
SCOPE: Mapping[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "query_string": b"",
    "headers": [(b"host", b"testserver")],
}


async def _asked(handler: Any, path: str = "/") -> tuple[int, bytes]:
    asking = ApplicationCommunicator(handler, {**SCOPE, "path": path})
    await asking.send_input({"type": "http.request"})
    start = await asking.receive_output(ASKED_SECONDS)
    body = await asking.receive_output(ASKED_SECONDS)
    await asking.wait(ASKED_SECONDS)
    return start["status"], body["body"]


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> PagesHandler:
    def get_response(_request: HttpRequest) -> HttpResponse:
        time.sleep(0.005)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return HttpResponse(f"{threading.current_thread().name} {id(connection.connection)}")

    handler = PagesHandler()
    monkeypatch.setattr(handler, "get_response", get_response)
    return handler


async def test_many_requests_at_once_share_few_threads_and_connections(handler: PagesHandler) -> None:
    answers = await asyncio.gather(*(_asked(handler) for _ in range(PAGE_THREADS * 6)))
    assert {status for status, _ in answers} == {200}
    assert len({body for _, body in answers}) <= PAGE_THREADS


async def test_thread_keeps_its_connection_and_lets_go_of_one_that_is_too_old(handler: PagesHandler) -> None:
    first, again = await _asked(handler), await _asked(handler)
    assert first == again
    connections: list[Any] = []

    def aged(_request: HttpRequest) -> HttpResponse:
        connections.append(connection.connection)
        connection.close_at = 0
        return HttpResponse("aged")

    handler.get_response = aged  # type: ignore[method-assign]
    await _asked(handler)
    await _asked(handler)
    assert connections[0] is not None
    assert connections[1] is None


async def test_the_console_answers_its_pages_so() -> None:
    assert isinstance(pages_handler, PagesHandler)
    assert (await _asked(pages))[0] in {200, 302}


SESSIONS = ("/share/abc", "/s/abc", "/share/abc/fragments", "/share/abc.md", "/workspaces/a/sessions/ses_1/")


async def test_other_pages_are_answered_while_every_page_of_a_session_waits(
    handler: PagesHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_end = threading.Event()
    under_way: list[str] = []

    def get_response(request: HttpRequest) -> HttpResponse:
        under_way.append(request.path_info)
        return HttpResponse(str(request.path_info not in SESSIONS or may_end.wait(ASKED_SECONDS)))

    monkeypatch.setattr(handler, "get_response", get_response)
    asked = [asyncio.ensure_future(_asked(handler, path)) for path in SESSIONS * 4]
    others = ("/accounts/login/", "/workspaces/a/sessions/", "/workspaces/a/sessions/rows", "/")
    try:
        answers = [await _asked(handler, path) for path in others for _ in range(PAGE_THREADS)]
        assert set(answers) == {(200, b"True")}
        assert len([path for path in under_way if path in SESSIONS]) == SESSION_THREADS
    finally:
        may_end.set()
        await asyncio.gather(*asked)


async def test_health_is_told_while_every_page_waits(handler: PagesHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, may_end = threading.Semaphore(0), threading.Event()

    def get_response(request: HttpRequest) -> HttpResponse:
        waiting.release()
        return HttpResponse(str(request.path_info in HEALTH_PATHS or may_end.wait(ASKED_SECONDS)))

    monkeypatch.setattr(handler, "get_response", get_response)
    pages = [asyncio.ensure_future(_asked(handler)) for _ in range(PAGE_THREADS)]
    try:
        for _ in pages:
            assert await asyncio.to_thread(waiting.acquire, timeout=ASKED_SECONDS)
        assert await asyncio.wait_for(_asked(handler, "/healthz"), 5) == (200, b"True")
        assert await asyncio.wait_for(_asked(handler, "/readyz"), 5) == (200, b"True")
    finally:
        may_end.set()
        await asyncio.gather(*pages)


@pytest.mark.servers
@pytest.mark.parametrize(
    ("path", "answer", "lock"),
    [("/", PAGE_ANSWER_SECONDS, PAGE_LOCK_SECONDS), ("/readyz", ANSWER_SECONDS, LOCK_SECONDS)],
)
async def test_threads_wait_for_a_silent_database_and_for_locks_so_long_only(
    handler: PagesHandler, monkeypatch: pytest.MonkeyPatch, path: str, answer: int, lock: int
) -> None:
    def get_response(_request: HttpRequest) -> HttpResponse:
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@innodb_lock_wait_timeout")
            return HttpResponse(f"{connection.settings_dict['OPTIONS']['read_timeout']} {cursor.fetchone()[0]}")

    monkeypatch.setattr(handler, "get_response", get_response)
    assert await _asked(handler, path) == (200, f"{answer} {lock}".encode())
