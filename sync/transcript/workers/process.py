"""This process's rendering process: started when first needed, restarted when it dies; it forks the workers."""

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import sync.render

_ROOT: Final = Path(sync.render.__file__).parent.parent.parent
END_SECONDS: Final = 2.0


class RenderProcess:
    """Thread-safe. A worker is given as a socket; the process at its other end may be killed at any time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def worker(self) -> socket.socket:
        """A connection to a new worker, which says when it is ready. Raises OSError when none can be started."""
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._control is not None
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    socket.send_fds(self._control, [b"+"], [theirs.fileno()])
                except OSError:
                    ours.close()
                    self._end()
                    raise
            return ours

    def start(self) -> None:
        """Start it ahead of the first job, which would otherwise wait for it."""
        with self._lock:
            if self._process is None:
                self._start()

    def stop(self) -> None:
        with self._lock:
            self._end()

    @property
    def pid(self) -> int:
        """The process's id, 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def _start(self) -> None:
        """Start it with a nearly empty environment: untrusted text is parsed there, so it must hold no secrets."""
        self._end()
        ours, theirs = socket.socketpair()
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sync.render.child"],
                cwd=_ROOT,
                env=environment,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
            )
        self._control = ours

    def _end(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None
