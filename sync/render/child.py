"""The rendering process: `python -m sync.render.child` with a socket as standard input.

It holds the renderers and nothing else: no Django, no settings, no database, no secret. For every connection received
on the socket it forks a worker, which costs about a millisecond, so a worker may be killed at any time. A worker
renders one job after another. The kernel kills it when a job takes more CPU than allowed (the timer's signal has no
handler, so code that never returns to Python is killed too) and refuses it memory beyond the limit. All of them end
when their parent ends, however it ends: the sockets close.
"""

import gc
import os
import resource
import signal
import socket
import struct
import sys
from typing import Final

import msgspec

from sync.render.entries import OUTPUT_BYTES, Job, render
from sync.render.languages import load_lexers

# Of one entry, both tries together, 250 ms at most; starting them and the kernel's ticks cost up to 40 ms more.
RENDER_SECONDS: Final = 0.12
CAUTIOUS_SECONDS: Final = 0.04
MEMORY_BYTES: Final = 64 * 1024 * 1024
# A worker that has grown by this much is replaced: the next entry would have that much less memory.
SPENT_BYTES: Final = 16 * 1024 * 1024
# Pages and publishes have priority.
NICENESS: Final = 5
READY: Final = b"+"

# Before each frame comes its length; before an answer also its state.
LENGTH: Final = struct.Struct("!I")
ANSWER: Final = struct.Struct("!BI")
RENDERED, FAILED = 0, 1
LAST: Final = 2
"""Added to an answer's state: the worker ends now."""

_decode_job = msgspec.msgpack.Decoder(Job).decode


def main() -> None:
    """Fork a worker for every connection received, until the sender closes the socket."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    os.nice(NICENESS)
    load_lexers()
    gc.collect()
    gc.freeze()
    control = socket.socket(fileno=os.dup(sys.stdin.fileno()))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        for descriptor in descriptors:
            if os.fork() == 0:
                control.close()
                os.close(sys.stdin.fileno())
                serve(socket.socket(fileno=descriptor))
                os._exit(0)
            os.close(descriptor)


def serve(connection: socket.socket) -> None:
    """Read jobs and write answers, until the other end closes or this process has grown."""
    base = _memory_bytes()
    resource.setrlimit(resource.RLIMIT_AS, (base + MEMORY_BYTES, base + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        connection.sendall(READY)
        while head := _received(connection, LENGTH.size):
            state, answer = _answered(_received(connection, *LENGTH.unpack(head)))
            is_last = _memory_bytes() > base + SPENT_BYTES
            connection.sendall(ANSWER.pack(state + LAST * is_last, len(answer)) + answer)
            if is_last:
                return
    except (OSError, EOFError):
        return


def _answered(frame: bytes) -> tuple[int, bytes]:
    """The state and the encoded answer. MemoryError ends the process, whose memory can no longer be relied on."""
    signal.setitimer(signal.ITIMER_PROF, RENDER_SECONDS)
    try:
        job = _decode_job(frame)
        if job.is_cautious:
            signal.setitimer(signal.ITIMER_PROF, CAUTIOUS_SECONDS)
        answer = msgspec.msgpack.encode(render(job))
        if len(answer) > OUTPUT_BYTES:
            return FAILED, b"more HTML than an entry may have"
    except MemoryError:
        os._exit(1)
    except Exception as error:
        return FAILED, f"{type(error).__name__}: {error}".encode("utf-8", "replace")[:2_000]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return RENDERED, answer


def _received(connection: socket.socket, size: int) -> bytes:
    """Exactly `size` bytes; empty when the other end has closed. Raises EOFError in the middle of a frame."""
    data = bytearray()
    while len(data) < size:
        more = connection.recv(min(size - len(data), 1 << 20))
        if not more:
            if data:
                raise EOFError
            break
        data += more
    return bytes(data)


def _memory_bytes() -> int:
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    main()
