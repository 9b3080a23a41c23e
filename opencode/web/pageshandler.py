"""Django's ASGI handler with a bounded number of threads that stay, and their database connections with them.

Django's own takes a new thread for every request, and so a new connection to the database: 200 people who follow one
session were 200 connections at once, and errors where the database allows fewer. It also crosses between the loop and
that thread for every middleware that could be asynchronous; here a request is answered in one thread from end to end.
"""

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

PAGE_THREADS: Final = 16
# Of forms that people send, who are told soon when a lock is not to be had; agents' posts wait for theirs.
FORM_THREADS: Final = 8
# Asked by what restarts the process, or sends nobody to it, when the answer stays away: a thread for each.
HEALTH_PATHS: Final = ("/healthz", "/readyz")


class PagesHandler(ASGIHandler):
    """A request has a thread while its answer is made, not while its body comes in or the answer goes out."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        bound = partial(bound_connection, PAGE_ANSWER_SECONDS, PAGE_LOCK_SECONDS)
        self._page = self._in_threads(ThreadPoolExecutor(PAGE_THREADS, "page", bound))
        hasty = partial(bound_connection, PAGE_ANSWER_SECONDS, FORM_LOCK_SECONDS)
        self._form = self._in_threads(ThreadPoolExecutor(FORM_THREADS, "form", hasty))
        self._health = {
            path: self._in_threads(ThreadPoolExecutor(1, "health", bound_connection)) for path in HEALTH_PATHS
        }

    async def run_get_response(self, request: Any) -> Any:
        is_form = request.method == "POST" and prefers_html(request)
        return await self._health.get(request.path_info, self._form if is_form else self._page)(request)

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
