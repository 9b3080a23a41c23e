"""Writes the alerts that are due, in the transaction of what called for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db import connection

from billing.ledger.alerting import Firing
from opencode.lib.sql import insert, stored_moment

_COLUMNS: Final = (
    *("account_id", "about", "scope_id", "percent", "period", "amount", "used", "is_refused", "at", "due_at"),
)
# On MySQL a plain INSERT that meets the same row keeps a shared lock on it, and two of those deadlock.
_ONCE: Final = {"sqlite": " ON CONFLICT DO NOTHING", "mysql": " ON DUPLICATE KEY UPDATE percent = VALUES(percent)"}


class Fired(NamedTuple):
    account_id: int
    firing: Firing
    at: datetime


def insert_firings(fired: Sequence[Fired]) -> None:
    """What has fired before stays as it is."""
    rows = [_row(each) for each in fired]
    insert("billing_alertfiring", _COLUMNS, rows, _ONCE[connection.vendor])


def _row(fired: Fired) -> tuple[object, ...]:
    firing, at = fired.firing, stored_moment(fired.at)
    of = (firing.about.value, firing.id, firing.percent, firing.period, firing.amount, firing.used)
    return (fired.account_id, *of, firing.is_refused, at, at)
