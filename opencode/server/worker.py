"""The Celery worker beside `manage.py serve`: one process, one task at a time, with the beat as a thread in it.

It is started as `python -m opencode.server.worker` with a pipe as standard input, its lifeline (see
`lifeline.py`).
"""

import signal
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

from celery import bootsteps
from celery.beat import EmbeddedService, ScheduleEntry, Scheduler
from celery.exceptions import SecurityWarning, WorkerShutdown
from celery.worker import state

from opencode.celery import app
from opencode.lib.setup import django_setup
from opencode.server.lifeline import end_with_parent

POLL_SECONDS: Final = 0.5
LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class DueAtStartScheduler(Scheduler):
    """Keeps no file: every job is due when the worker starts, so hourly ones run on machines that restart often."""

    schedule: dict[str, ScheduleEntry]

    def setup_schedule(self) -> None:
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = LONG_AGO


class BeatThread(bootsteps.StartStopStep):
    """Celery's own `-B` forks another process, which can outlive the worker; a thread cannot."""

    label = "Beat thread"

    def create(self, parent: Any) -> Any:
        return EmbeddedService(app, thread=True, scheduler_cls=DueAtStartScheduler)


class EmbeddedWorker(app.Worker):  # type: ignore[misc, name-defined]
    """Ends at once on SIGTERM when idle, otherwise after its task; has none of Celery's other signal handlers."""

    def install_platform_tweaks(self, worker: Any) -> None:
        signal.signal(signal.SIGTERM, _end_when_idle)


def main() -> None:
    end_with_parent()
    # Celery warns against running as root because of pickled messages; ours are JSON only.
    warnings.simplefilter("ignore", SecurityWarning)
    django_setup()
    _control_folder_clear()
    app.conf.worker_enable_remote_control = False
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "polling_interval": POLL_SECONDS}
    app.steps["worker"].add(BeatThread)
    worker = EmbeddedWorker(
        app=app,
        pool="solo",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        redirect_stdouts=False,
    )
    worker.start()
    sys.exit(worker.exitcode)


def _end_when_idle(_number: int, _frame: FrameType | None) -> None:
    if state.active_requests:
        state.should_stop = 0  # type: ignore[assignment]
    else:
        raise WorkerShutdown(0)


def _control_folder_clear() -> None:
    """Remove the broker's bindings, which the worker writes again: a kill can leave one half written."""
    folder = app.conf.broker_transport_options.get("control_folder")
    if folder:
        for binding in Path(folder).glob("*.exchange"):
            binding.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
