"""Rendering as tests see it: what was rendered, and patience for a machine with other work to do."""

from typing import Any

import pytest

from sync.transcript.workers.pool import POOL

PATIENT_SECONDS = 60.0


def renderings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of what is given to a worker from now on; an entry that is tried again, cautiously, counts twice."""
    rendered: list[str] = []
    begun = POOL._begun

    def counted(worker: Any, running: Any, until: float) -> Any:
        rendered.append(running.job.key)
        return begun(worker, running, until)

    monkeypatch.setattr(POOL, "_begun", counted)
    return rendered


@pytest.fixture(autouse=True, scope="session")
def patient_pages() -> None:
    """Pages made in the tests' own process wait until everything is rendered, however busy the machine is."""
    POOL.line_seconds = POOL.page_seconds = PATIENT_SECONDS
