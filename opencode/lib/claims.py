"""Compare and set on one row: of several callers, only the one whose comparison holds changes it."""

from typing import Any

from django.db import transaction
from django.db.models import Model, Q


def row_claim(model: type[Model], pk: object, condition: Q, **changes: Any) -> bool:
    """Change the row `pk` if `condition` holds; returns whether it did.

    The row is locked by the primary key first. MariaDB looks an UPDATE that also compares an indexed column up by that
    index, and locks the index entry before the row; all other code locks in the opposite order, and two that meet are a
    deadlock.
    """
    row = model._default_manager.filter(pk=pk)
    with transaction.atomic():
        is_here = row.select_for_update().values_list("pk").first() is not None
        if not is_here or not row.filter(condition).exists():
            return False
        row.update(**changes)
    return True
