"""Claims auto top-ups in the transaction that charges usage: one compare and set, so that one charge follows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from opencode.lib.sql import places, stored_moment

_CLAIM: Final = (
    "UPDATE billing_autotopup SET is_armed = 0, epoch = epoch + 1, tries = 0, due_at = %s "
    "WHERE is_on = 1 AND is_armed = 1 AND paused_at IS NULL AND account_id IN ({ids}) AND threshold_cents * 1000000 > "
    "(SELECT a.balance FROM billing_billingaccount a WHERE a.id = billing_autotopup.account_id)"
)


def auto_top_ups_claim(account_ids: Sequence[int], now: datetime) -> None:
    """Have the cards of those charged whose balance is below their threshold; the caller has locked the accounts."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM.format(ids=places(len(account_ids))), [stored_moment(now), *account_ids])
