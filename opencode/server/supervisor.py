"""Keeps child processes running (the Celery worker, several web processes), and ends them with the server."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import Final

import structlog
from django.conf import settings

log = structlog.get_logger(__name__)
STOP_SECONDS: Final = 8.0
WORKER_NICENESS: Final = 15
STABLE_SECONDS: Final = 60.0
BACKOFF_SECONDS: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


class ProcessSupervisor:
    """Starts a process, restarts it when it dies (later each time, until it has stayed up a while), stops it.

    The process gets a pipe as its lifeline (`opencode.server.lifeline`) and the descriptors in `inherited`.
    """

    def __init__(self, name: str, command: Sequence[str], *, niceness: int = 0, inherited: Sequence[int] = ()) -> None:
        self._name = name
        self._command = list(command)
        self._niceness = niceness
        self._inherited = inherited
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._keep_running, name=f"{name}-supervisor", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Ask the process to finish its present work and end; it is not restarted."""
        with self._lock:
            self._stopping.set()
            if self._process is not None:
                self._process.terminate()

    def stop(self) -> None:
        """End the process; kill it when it does not end within STOP_SECONDS."""
        self.end()
        process = self._process
        if process is None:
            return
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("program_killed", program=self._name, pid=process.pid)
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
            log.error("program_restarting", program=self._name, exit_code=code, seconds=pause)
            self._stopping.wait(pause)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            # A session of its own: Ctrl-C in the terminal reaches only the server, which ends the rest in order.
            self._process = subprocess.Popen(
                self._command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.PIPE,
                pass_fds=self._inherited,
                start_new_session=True,
            )
        # Right away, as even the start takes seconds of CPU, which the clients of the server need first.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, self._niceness)
        log.info("program_started", program=self._name, pid=self._process.pid)
        return self._process


def worker_supervisor() -> ProcessSupervisor:
    return ProcessSupervisor("worker", [sys.executable, "-m", "opencode.server.worker"], niceness=WORKER_NICENESS)


def test_payments_supervisor(listener: int) -> ProcessSupervisor:
    """The stand-in for Stripe, on a listening socket given by its file descriptor."""
    command = [sys.executable, "-m", "opencode.server.testpayments", str(listener)]
    return ProcessSupervisor("test payments", command, inherited=[listener])


def web_supervisors(processes: int, listener: int) -> list[ProcessSupervisor]:
    """Several web processes that accept on one listening socket, given by its file descriptor."""
    command = [sys.executable, "-m", "opencode.server.webprocess", str(listener)]
    return [ProcessSupervisor("web process", command, inherited=[listener]) for _ in range(processes)]


def stop_all(supervisors: Sequence[ProcessSupervisor]) -> None:
    """Ask all of them at once, so that stopping takes only as long as the slowest."""
    for supervisor in supervisors:
        supervisor.end()
    for supervisor in supervisors:
        supervisor.stop()
