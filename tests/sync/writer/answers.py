"""What a writer delivers to those who wait for their publishes."""

import threading
from typing import Any, Final

from sync.writer import Publish, SessionCommit

ANSWERED_SECONDS: Final = 5


class Answers:
    """What a writer delivers, by publish."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answered: list[Publish] = []

    def __call__(self, commits: list[SessionCommit], publishes: Any) -> None:
        with self._changed:
            self._answered += publishes
            self._changed.notify_all()

    def wait(self, *publishes: Publish, seconds: float = ANSWERED_SECONDS) -> list[Any]:
        """The outcomes once all these are answered."""
        with self._changed:
            assert self._changed.wait_for(lambda: all(map(self._answered.__contains__, publishes)), seconds)
        return [publish.outcome for publish in publishes]
