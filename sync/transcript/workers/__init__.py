"""The rendering processes, from their callers' side: their start, their queue, their answers.

The door: `pool.POOL` for this room; the two functions below for a process's start and end.
"""

from sync.transcript.workers.pool import POOL

__all__ = ["rendering_start", "rendering_stop"]


def rendering_start() -> None:
    """Start the rendering process, ahead of the first page."""
    POOL.process.start()


def rendering_stop() -> None:
    POOL.stop()
