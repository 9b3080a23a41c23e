"""Writes what was read at Stripe into dj-stripe's rows, and deletes it; without a request to Stripe."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.apps import apps
from django.db import connection, models, transaction

from billing.mirror.tables import APP, TABLES

NOT_STRIPES: Final = frozenset({"id", "stripe_data", "subscriber", "date_purged"})
Object = Mapping[str, Any]


def is_mirrored() -> bool:
    """Whether there is a mirror: only while payments are on."""
    return apps.is_installed(APP)


def mirror_write(objects: Iterable[Object]) -> int:
    """Write objects of Stripe's, each with its `object` and `id`, in one transaction; returns how many.

    Kinds without a table are left out. A newer copy takes the place of the one that is there.
    """
    # Stripe's package makes decimals of some amounts, which JSON has not.
    wanted = [(each["object"], json.loads(json.dumps(each, default=str))) for each in objects]
    wanted = [(kind, each) for kind, each in wanted if kind in TABLES]
    with transaction.atomic():
        for kind, each in wanted:
            model = apps.get_model(APP, kind)
            model._default_manager.update_or_create(id=each["id"], defaults=_columns(model, each))
    return len(wanted)


def mirror_forget(customer_id: str) -> int:
    """Delete the copies of a customer and all that is theirs; returns how many. Payments may be off meanwhile."""
    tables = set(connection.introspection.table_names())
    gone = 0
    with connection.cursor() as cursor:
        for kind in TABLES:
            if (table := f"{APP}_{kind}") in tables:
                column = "id" if kind == "customer" else "customer_id"
                cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [customer_id])  # noqa: S608 - names of ours
                gone += cursor.rowcount
    return gone


def _columns(model: type[models.Model], data: Object) -> dict[str, Any]:
    """The row's columns, converted by the library's own fields. An id is kept whether its row is there or not."""
    found: dict[str, Any] = {"stripe_data": data}
    for field in model._meta.concrete_fields:
        if field.name in NOT_STRIPES or field.name.startswith("djstripe_"):
            continue
        value = field.stripe_to_db(data) if hasattr(field, "stripe_to_db") else data.get(field.name)
        if field.is_relation:
            found[field.attname] = _id(value)
        elif value is None and isinstance(field, models.CharField | models.TextField):
            found[field.name] = ""
        else:
            found[field.name] = value
    return found


def _id(value: Any) -> str | None:
    found = value.get("id") if isinstance(value, Mapping) else value
    return str(found) if found else None
