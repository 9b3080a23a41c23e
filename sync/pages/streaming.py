"""Answers that are made a piece at a time, as fast as their reader takes them and no faster."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from opencode.lib.bounds import bound_connection

# A shorter answer has a length, and needs no thread of its own.
WHOLE_BYTES: Final = 256 * 1024
# Beside those that make pages, so that a long export and a page never wait for each other.
THREADS: Final = ThreadPoolExecutor(2, "export", bound_connection)


class PiecewiseResponse(StreamingHttpResponse):
    """Of an ordinary iterator; each step has a thread while it lasts, none while the piece is on its way."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: Iterator[Any] = iter(self.streaming_content)  # type: ignore[arg-type]
        step = sync_to_async(_next_piece, thread_sensitive=False, executor=THREADS)
        while (piece := await step(pieces)) is not None:
            yield piece


def piecewise(pieces: Iterator[bytes], content_type: str, *, is_wanted: bool) -> HttpResponseBase:
    """The answer; whole at once when it is short. What the first pieces raise is raised here.

    Once a long one has begun nothing can be refused any more: what is raised then cuts it off. Unless it `is_wanted`,
    only its head is.
    """
    first = bytearray()
    for piece in pieces:
        first += piece
        if len(first) > WHOLE_BYTES:
            if not is_wanted:
                return HttpResponse(content_type=content_type)
            return PiecewiseResponse(chain([bytes(first)], pieces), content_type=content_type)
    return HttpResponse(bytes(first), content_type=content_type)


def _next_piece(pieces: Iterator[bytes]) -> bytes | None:
    close_old_connections()
    return next(pieces, None)
