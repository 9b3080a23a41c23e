"""Periodic work on sessions."""

from celery import shared_task


@shared_task
def snapshots_sweep() -> None:
    """Write the snapshots that are due."""


@shared_task
def operations_purge() -> None:
    """Forget acknowledgements that no client repeats any more."""
