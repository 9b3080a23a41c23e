"""Accounts get integer ids, and none is lost on the way there or back."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = [("billing", "0002_price_lists")], [("billing", "0003_ledger")]


def apps_at(target: list[tuple[str, str]]) -> object:
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    return MigrationExecutor(connection).loader.project_state([*target, *WORKSPACES]).apps


WORKSPACES = [("workspaces", "0001_initial")]


@pytest.mark.django_db(transaction=True)
def test_no_account_is_lost() -> None:
    from tests.cast import make_cast

    cast = make_cast()
    expected = {cast.alpha.pk, cast.gamma.pk}
    try:
        old = apps_at(BEFORE).get_model("billing", "BillingAccount")  # type: ignore[attr-defined]
        rows = {row.workspace_id: row.created_at for row in old.objects.all()}
        assert set(rows) == expected
        assert all(row.pk.startswith("bil_") for row in old.objects.all())
        new = apps_at(AFTER).get_model("billing", "BillingAccount")  # type: ignore[attr-defined]
        assert {row.workspace_id: row.created_at for row in new.objects.all()} == rows
        assert all(isinstance(row.pk, int) for row in new.objects.all())
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
