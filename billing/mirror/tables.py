"""The tables of the mirror, made from dj-stripe's models: the four that are looked at, and no foreign keys in them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.apps import apps
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState

APP: Final = "djstripe"
TABLES: Final = ("customer", "charge", "invoice", "subscription")


class MirrorTables(Operation):
    """Every model of the library in the state, so that none counts as missing; tables for TABLES alone.

    The library's own migrations take a minute, and its other tables would stay empty.
    """

    reversible = True

    def state_forwards(self, app_label: str, state: Any) -> None:
        # One by one they would each be rendered, with all they refer to: six seconds instead of one.
        state.__dict__.pop("apps", None)
        for model in apps.get_app_config(APP).get_models():
            state.add_model(ModelState.from_model(model))

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name in TABLES:
            with _by_itself(name) as model:
                schema_editor.create_model(model)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name in TABLES:
            with _by_itself(name) as model:
                schema_editor.delete_model(model)

    def describe(self) -> str:
        return f"Make the mirror's tables: {', '.join(TABLES)}"


@contextmanager
def _by_itself(name: str) -> Iterator[Any]:
    """The library's model without what would tie its table to others, which are not there."""
    model: Any = apps.get_model(APP, name)
    tied = [field for field in model._meta.local_concrete_fields if field.remote_field is not None]
    tables_between = model._meta.local_many_to_many
    model._meta.local_many_to_many = []
    for field in tied:
        field.db_constraint = False
    try:
        yield model
    finally:
        model._meta.local_many_to_many = tables_between
        for field in tied:
            field.db_constraint = True
