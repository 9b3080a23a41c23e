"""One worker: takes a job, gives its answer, and may be killed meanwhile."""

import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from sync.render.child import ANSWER, LAST, LENGTH, READY, RENDERED
from sync.render.entries import Job, Rendered

# Once an answer begins, the rest must follow within this time, or the worker is given up.
SILENT_SECONDS: Final = 10.0
_decode = msgspec.msgpack.Decoder(Rendered).decode


class RenderKilled(Exception):
    """The entry took more CPU or memory than allowed, and the worker was killed for it."""


class RenderFailed(Exception):
    """The renderers raised an exception; the message describes it."""


class RenderLate(Exception):
    """The time is up and the worker is still busy; its answer is to be received later."""


class RenderAway(Exception):
    """No worker is available; nothing is known about the entry."""


class Worker:
    """Serves one thread at a time; connects to a new process after each one that was killed."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._socket: socket.socket | None = None
        self._is_ready = False

    def send(self, job: Job, until: float) -> None:
        """Give the worker a job, not later than `until` (monotonic seconds). Raises RenderAway."""
        frame = msgspec.msgpack.encode(job)
        try:
            connection = self._ready(until)
            _wait_until(connection, until)
            connection.sendall(LENGTH.pack(len(frame)) + frame)
        except (OSError, EOFError) as error:
            self.close()
            raise RenderAway(str(error) or "the worker ended") from error

    def receive(self, until: float) -> Rendered:
        """The answer, not later than `until` (monotonic seconds). Raises RenderLate, RenderKilled, RenderFailed."""
        assert self._socket is not None
        try:
            _wait_until(self._socket, until)
            # The head is only peeked at until it is complete; the rest follows at once.
            head = self._socket.recv(ANSWER.size, socket.MSG_PEEK | socket.MSG_WAITALL)
        except TimeoutError as error:
            raise RenderLate from error
        except OSError:
            head = b""
        if len(head) < ANSWER.size:
            self.close()
            raise RenderKilled
        return self._answer()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _answer(self) -> Rendered:
        assert self._socket is not None
        until = time.monotonic() + SILENT_SECONDS
        try:
            state, size = ANSWER.unpack(_received(self._socket, ANSWER.size, until))
            answer = _received(self._socket, size, until)
        except (OSError, EOFError) as error:
            self.close()
            raise RenderKilled from error
        if state & LAST:
            self.close()
        if state & ~LAST != RENDERED:
            raise RenderFailed(answer.decode("utf-8", "replace"))
        return _decode(answer)

    def _ready(self, until: float) -> socket.socket:
        """The worker's socket once it is ready. A process that is still starting is waited for, not replaced."""
        if self._socket is None:
            self._socket, self._is_ready = self._connect(), False
        if not self._is_ready:
            _wait_until(self._socket, until)
            try:
                self._is_ready = self._socket.recv(len(READY)) == READY
            except TimeoutError:
                raise RenderAway("the rendering process is still starting") from None
            if not self._is_ready:
                raise EOFError
        return self._socket


def _wait_until(connection: socket.socket, until: float) -> None:
    """Set the socket's timeout: at least 1 ms, as 0 would mean not to wait and None to wait for ever."""
    connection.settimeout(max(0.001, until - time.monotonic()))


def _received(connection: socket.socket, size: int, until: float) -> bytes:
    data = bytearray()
    while len(data) < size:
        _wait_until(connection, until)
        more = connection.recv(min(size - len(data), 1 << 20))
        if not more:
            raise EOFError
        data += more
    return bytes(data)
