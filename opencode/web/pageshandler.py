"""Django's ASGI handler with a limited number of permanent threads, each with its database connection.

Django's own starts a new thread for every request, and so a new connection to the database: 200 people following one
session caused 200 connections at once, and errors where the database allows fewer. It also switches between the loop
and that thread for every middleware that could be asynchronous; here one thread answers a request from end to end.
"""

import re
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import FileResponse

from opencode.lib.bounds import FORM_LOCK_SECONDS, PAGE_ANSWER_SECONDS, PAGE_LOCK_SECONDS, bound_connection
from opencode.web.refusals import prefers_html

PAGE_THREADS: Final = 12
# For pages of sessions, whose cost is up to whoever wrote them: all other pages are answered beside those. Python runs
# one thread at a time, so a cheap page beside so many costly ones takes at most that many times as long.
SESSION_THREADS: Final = 6
_OF_SESSION: Final = re.compile(r"/(?:share|s)/|/workspaces/[^/]+/sessions/[^/]+/")
# For people's forms, which are refused soon when a lock is held; agents' posts wait for their locks.
FORM_THREADS: Final = 8
# Monitoring restarts a process, or sends it no requests, when these do not answer: each has its own thread.
HEALTH_PATHS: Final = ("/healthz", "/readyz")


class PagesHandler(ASGIHandler):
    """A request has a thread while its response is made, not while its body arrives or the response is sent."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        bound = partial(bound_connection, PAGE_ANSWER_SECONDS, PAGE_LOCK_SECONDS)
        self._page = self._in_threads(ThreadPoolExecutor(PAGE_THREADS, "page", bound))
        self._session = self._in_threads(ThreadPoolExecutor(SESSION_THREADS, "session", bound))
        hasty = partial(bound_connection, PAGE_ANSWER_SECONDS, FORM_LOCK_SECONDS)
        self._form = self._in_threads(ThreadPoolExecutor(FORM_THREADS, "form", hasty))
        self._health = {
            path: self._in_threads(ThreadPoolExecutor(1, "health", bound_connection)) for path in HEALTH_PATHS
        }

    async def run_get_response(self, request: Any) -> Any:
        answer = self._health.get(request.path_info)
        if answer is None and request.method == "POST" and prefers_html(request):
            answer = self._form
        if answer is None:
            answer = self._session if _OF_SESSION.match(request.path_info) else self._page
        return await answer(request)

    def _in_threads(self, threads: ThreadPoolExecutor) -> Callable[[Any], Awaitable[Any]]:
        return sync_to_async(self._answer, thread_sensitive=False, executor=threads)

    def _answer(self, request: Any) -> Any:
        # Django's signals around a request are sent in another thread.
        close_old_connections()
        response: Any = self.get_response(request)
        response._handler_class = type(self)
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        return response
