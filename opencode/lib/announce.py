"""Facts: what has become true is sent, on commit, to its receivers in this app and those above.

A fact is a Django signal declared in an app's `signals.py`. Receivers get ids only and must bear a repeat.
"""

from functools import partial

import structlog
from django.db import transaction
from django.dispatch import Signal

log = structlog.get_logger(__name__)


def announce(signal: Signal, **fact: object) -> None:
    """Send the fact once the transaction around the caller commits, never when it rolls back; at once outside one.

    Receivers run in the thread that commits, in the order of the announcements. One that fails is logged with the fact
    and stops nobody: neither the other receivers nor what else waits for the commit.
    """
    transaction.on_commit(partial(_send, signal, fact), robust=True)


def _send(signal: Signal, fact: dict[str, object]) -> None:
    for receiver, answer in signal.send_robust(sender=None, **fact):
        if isinstance(answer, Exception):
            name = f"{receiver.__module__}.{receiver.__qualname__}"
            log.error("fact_receiver_failed", exc_info=answer, receiver=name, fact=fact)
