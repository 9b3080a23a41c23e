"""What the machine itself gives: a 4 KB write synced to disk, and a round trip of one byte over loopback."""

import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROUNDS = 300


def times_ms(work: Callable[[], object]) -> tuple[float, float]:
    """Median and 99th percentile over ROUNDS, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return taken[ROUNDS // 2], taken[ROUNDS * 99 // 100]


def fsync_ms(folder: Path) -> tuple[float, float]:
    with tempfile.NamedTemporaryFile(dir=folder) as file:

        def write() -> None:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())

        return times_ms(write)


def loopback_ms() -> tuple[float, float]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()

    def echo() -> None:
        while byte := server.recv(1):
            server.sendall(byte)

    for end in (client, server):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    thread = threading.Thread(target=echo, daemon=True)
    thread.start()

    def ping() -> None:
        client.sendall(b"x")
        client.recv(1)

    with client, server:
        measured = times_ms(ping)
        client.shutdown(socket.SHUT_RDWR)
        thread.join()
    return measured


def main(folder: Path) -> None:
    for name, (median, high) in (("fsync of 4 KB", fsync_ms(folder)), ("loopback round trip", loopback_ms())):
        sys.stdout.write(f"{name}: p50 {median:.3f} ms, p99 {high:.3f} ms\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else Path.cwd())
