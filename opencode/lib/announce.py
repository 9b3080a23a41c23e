"""Facts: announces on commit what has become true, to receivers in this app and the apps above.

A fact is a Django signal declared in an app's `signals.py`. Receivers get ids only and must tolerate a repeat.
"""

from functools import partial

import structlog
from django.db import transaction
from django.dispatch import Signal

log = structlog.get_logger(__name__)


def announce(signal: Signal, **fact: object) -> None:
    """Send the fact when the caller's transaction commits, never when it rolls back; at once outside a transaction.

    Receivers run in the thread that commits, in the order of the announcements. One that fails is logged with the fact;
    the other receivers and other work on commit go on.
    """
    transaction.on_commit(partial(_send, signal, fact), robust=True)


def _send(signal: Signal, fact: dict[str, object]) -> None:
    for receiver, answer in signal.send_robust(sender=None, **fact):
        if isinstance(answer, Exception):
            name = f"{receiver.__module__}.{receiver.__qualname__}"
            log.error("fact_receiver_failed", exc_info=answer, receiver=name, fact=fact)
