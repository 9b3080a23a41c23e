"""One worker: a job goes in, its answer comes out, or it is seen to have been ended."""

import socket
import time
from collections.abc import Callable
from typing import Final

import msgspec

from sync.render.child import ANSWER, LAST, LENGTH, READY, RENDERED
from sync.render.entries import Job, Rendered

# An answer that has begun to come comes whole, or the worker is given up.
SILENT_SECONDS: Final = 10.0
_decode = msgspec.msgpack.Decoder(Rendered).decode


class RenderKilled(Exception):
    """The entry took more CPU or memory than allowed, and the worker was ended for it."""


class RenderFailed(Exception):
    """The renderers raised something; the message says what."""


class RenderLate(Exception):
    """The time is up while the worker is still at it; its answer is to be received later."""


class RenderAway(Exception):
    """There is no worker to be had; nothing is known about the entry."""


class Worker:
    """Serves one thread at a time; takes another process after each that was ended."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._socket: socket.socket | None = None
        self._is_ready = False

    def send(self, job: Job, until: float) -> None:
        """Let it begin with a job. Raises RenderAway."""
        frame = msgspec.msgpack.encode(job)
        try:
            connection = self._ready(until)
            _wait_until(connection, until)
            connection.sendall(LENGTH.pack(len(frame)) + frame)
        except (OSError, EOFError) as error:
            self.close()
            raise RenderAway(str(error) or "the worker ended") from error

    def receive(self, until: float) -> Rendered:
        """The answer to what was sent, not later than `until` (monotonic). Raises the exceptions above."""
        assert self._socket is not None
        try:
            _wait_until(self._socket, until)
            # Nothing is taken before the head is there as a whole: the rest follows at once.
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
        """A process that has not said that it is there yet is waited for again, not replaced."""
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
    """A timeout of nothing would mean not to wait, and none for ever."""
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
