"""What rendering an entry costs: `python -m tests.support.rendercost` answers jobs with CPU, memory and outcome.

It forks a worker for each try, as the rendering process does, and asks the kernel what the worker used until it ended,
by itself or by a bound. Length-prefixed msgpack on standard input and output; no Django, so that forks are small.
"""

import os
import socket
import subprocess
import sys
from typing import IO, NamedTuple

import msgspec

from sync.render.child import ANSWER, LENGTH, READY, RENDERED, serve
from sync.render.entries import Job
from sync.render.languages import load_lexers


class Cost(msgspec.Struct, frozen=True):
    """Of all tries of one job: CPU seconds, the largest resident memory in bytes, and the answer, if there is one."""

    cpu: float
    memory: int
    is_rendered: bool
    answer_bytes: int


class _Try(NamedTuple):
    cpu: float
    memory: int
    state: int
    answer: bytes


def main() -> None:
    load_lexers()
    source, target = os.fdopen(0, "rb"), os.fdopen(1, "wb")
    while head := source.read(LENGTH.size):
        job = msgspec.msgpack.decode(source.read(*LENGTH.unpack(head)), type=Job)
        tries = [_tried(job)]
        if tries[0].state < 0:
            tries.append(_tried(msgspec.structs.replace(job, is_cautious=True)))
        last = tries[-1]
        cost = Cost(
            sum(each.cpu for each in tries),
            max(each.memory for each in tries),
            last.state == RENDERED,
            len(last.answer),
        )
        _write(target, msgspec.msgpack.encode(cost))


def _tried(job: Job) -> _Try:
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        serve(theirs)
        os._exit(0)
    theirs.close()
    with ours:
        state, answer = _exchanged(ours, msgspec.msgpack.encode(job))
    _, _, usage = os.wait4(pid, 0)
    return _Try(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, state, answer)


def _exchanged(connection: socket.socket, frame: bytes) -> tuple[int, bytes]:
    """-1 when the worker was ended."""
    file = connection.makefile("rb")
    file.read(len(READY))
    connection.sendall(LENGTH.pack(len(frame)) + frame)
    head = file.read(ANSWER.size)
    if len(head) < ANSWER.size:
        return -1, b""
    state, size = ANSWER.unpack(head)
    return state & 1, file.read(size)


class CostMeter:
    """The other end; a context."""

    def __enter__(self) -> "CostMeter":
        command = [sys.executable, "-m", "tests.support.rendercost"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def cost(self, job: Job) -> Cost:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        _write(self._process.stdin, msgspec.msgpack.encode(job))
        size = LENGTH.unpack(self._process.stdout.read(LENGTH.size))[0]
        return msgspec.msgpack.decode(self._process.stdout.read(size), type=Cost)


def _write(file: IO[bytes], frame: bytes) -> None:
    file.write(LENGTH.pack(len(frame)) + frame)
    file.flush()


if __name__ == "__main__":
    main()
