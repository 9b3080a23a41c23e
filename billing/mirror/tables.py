"""The tables of the mirror, made from dj-stripe's models: the four that are looked at, and no foreign keys in them."""

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
        for model in apps.get_app_config(APP).get_models():
            state.add_model(ModelState.from_model(model))

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name in TABLES:
            schema_editor.create_model(_by_itself(to_state.apps.get_model(app_label, name)))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for name in TABLES:
            schema_editor.delete_model(_by_itself(from_state.apps.get_model(app_label, name)))

    def describe(self) -> str:
        return f"Make the mirror's tables: {', '.join(TABLES)}"


def _by_itself(model: Any) -> Any:
    """The state's model without what would tie its table to others, which need not be there."""
    for field in model._meta.local_concrete_fields:
        if field.remote_field is not None:
            field.db_constraint = False
    model._meta.local_many_to_many = []
    return model
