"""Compare and set on one row: whoever's comparison holds changes it, and nobody else does."""

from typing import Any

from django.db import transaction
from django.db.models import Model, Q


def row_claim(model: type[Model], pk: object, condition: Q, **changes: Any) -> bool:
    """Change the row `pk` while `condition` holds; whether it did.

    Its lock is taken by the primary key before anything else. An UPDATE that compares an indexed column too is looked
    up by that index on MariaDB, which locks the entry in the index before the row: everybody else does it the other
    way round, and two that meet are a deadlock.
    """
    row = model._default_manager.filter(pk=pk)
    with transaction.atomic():
        is_here = row.select_for_update().values_list("pk").first() is not None
        if not is_here or not row.filter(condition).exists():
            return False
        row.update(**changes)
    return True
