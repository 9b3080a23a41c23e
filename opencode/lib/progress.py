"""A progress bar for long commands: one line redrawn on a terminal, otherwise a line from time to time."""

import time
from collections.abc import Iterable, Iterator
from typing import Final, Protocol, TypeVar

T = TypeVar("T")
BAR_CELLS: Final = 28
QUIET_SECONDS: Final = 5.0


class Stream(Protocol):
    """The output it is drawn on; Django's OutputWrapper is one."""

    def write(self, text: str, /, *, ending: str | None = None) -> object: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class ProgressBar:
    """Shows how many of `total` steps are done and about how long the rest will take."""

    def __init__(self, stream: Stream, total: int) -> None:
        self._stream = stream
        self._total = total
        self._redraws = stream.isatty()
        self._drawn_at = 0.0

    def show(self, done: int, seconds_left: float) -> None:
        now = time.monotonic()
        if not self._redraws and done < self._total and now - self._drawn_at < QUIET_SECONDS:
            return
        self._drawn_at = now
        filled = BAR_CELLS * done // self._total
        bar = "#" * filled + "-" * (BAR_CELLS - filled)
        text = f"[{bar}] {done}/{self._total}  {max(0, round(seconds_left))} s left "
        self._stream.write(("\r" if self._redraws else "") + text, ending="" if self._redraws else "\n")
        self._stream.flush()

    def note(self, text: str) -> None:
        """Print a separate line above the bar."""
        if self._redraws:
            self._stream.write("\r\033[K", ending="")
        self._stream.write(text, ending="\n")
        self._stream.flush()

    def end(self) -> None:
        if self._redraws:
            self._stream.write("", ending="\n")


def paced(steps: Iterable[T], *, pace: float, total: int, bar: ProgressBar | None = None) -> Iterator[T]:
    """The steps, `pace` of them a second at most, while `bar` shows how far it is to about `total`."""
    began = time.monotonic()
    for done, step in enumerate(steps, 1):
        yield step
        elapsed = time.monotonic() - began
        if bar:
            bar.show(min(done, total), elapsed / done * max(0, total - done))
        time.sleep(max(0.0, done / pace - elapsed))
    if bar:
        bar.end()
