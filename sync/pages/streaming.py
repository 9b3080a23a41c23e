"""Streamed responses with back-pressure: each piece is made when the reader has taken the one before."""

from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any, Final

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from opencode.lib.bounds import bound_connection

# A shorter response is sent whole, with a length, and needs no thread of its own.
WHOLE_BYTES: Final = 256 * 1024
# Separate from the pages' threads, so that a long export and a page never wait for each other.
THREADS: Final = ThreadPoolExecutor(2, "export", bound_connection)


class PiecewiseResponse(StreamingHttpResponse):
    """A streaming response from an ordinary iterator; a thread runs each step, and none while a piece is sent."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces: Iterator[Any] = iter(self.streaming_content)  # type: ignore[arg-type]
        step = sync_to_async(_next_piece, thread_sensitive=False, executor=THREADS)
        while (piece := await step(pieces)) is not None:
            yield piece


def piecewise(pieces: Iterator[bytes], content_type: str, *, is_wanted: bool) -> HttpResponseBase:
    """The response; sent whole when it is short. Exceptions of the first pieces are raised here.

    Once a long response has begun, an exception can only cut it off. Unless `is_wanted`, only the headers are sent, as
    for a HEAD request.
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
