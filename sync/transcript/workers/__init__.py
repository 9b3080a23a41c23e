"""The rendering processes, from the side of those who ask: their start, their queue, their answers."""

from sync.transcript.workers.pool import POOL

__all__ = ["rendering_start", "rendering_stop"]


def rendering_start() -> None:
    """Start the process that renders, ahead of the first page."""
    POOL.process.start()


def rendering_stop() -> None:
    POOL.stop()
