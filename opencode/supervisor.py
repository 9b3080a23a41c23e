"""Keeps the embedded stack's worker process running beside the web server, and ends it with the server."""

import os
import subprocess
import sys
import threading
import time

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)
STOP_SECONDS = 8.0
WORKER_NICENESS = 15
STABLE_SECONDS = 60.0
BACKOFF_SECONDS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class WorkerSupervisor:
    """Starts the worker, starts it again when it dies (later each time, until it has stayed up a while), stops it."""

    def __init__(self) -> None:
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep_running, name="worker-supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to finish its task and end; kill it when it does not within STOP_SECONDS."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("worker did not end in time and is killed", pid=process.pid)
            process.kill()
            process.wait()

    def _keep_running(self) -> None:
        failures = 0
        while (process := self._spawn()) is not None:
            began = time.monotonic()
            code = process.wait()
            if self._stopping.is_set():
                return
            failures = 1 if time.monotonic() - began > STABLE_SECONDS else failures + 1
            pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS)) - 1]
            log.error("worker ended and will be started again", exit_code=code, seconds=pause)
            self._stopping.wait(pause)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            # A session of its own: Ctrl-C in the terminal reaches the server only, which then ends the worker in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "opencode.worker"],
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,
                start_new_session=True,
            )
        # At once, for its start alone takes seconds that belong to those who wait for the server.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, WORKER_NICENESS)
        log.info("worker started", pid=self._process.pid)
        return self._process
