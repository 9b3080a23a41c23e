"""Several bounded counts of a workspace's rows in one statement."""

from collections.abc import Mapping
from typing import Any, Final

from django.db.models import IntegerField, QuerySet, Subquery

from opencode.lib.shown import COUNTED_MAX
from workspaces.models import Workspace

ENOUGH: Final = COUNTED_MAX + 1


class _CountOf(Subquery):
    """How many rows a query has, without looking at more than its limit."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()


def rows_counted(workspace: Workspace, wanted: Mapping[str, QuerySet[Any]]) -> dict[str, int]:
    """How many rows each of the queries has, by name; counting stops at ENOUGH."""
    if not wanted:
        return {}
    columns = [_CountOf(rows.order_by().values("pk")[:ENOUGH]) for rows in wanted.values()]
    found = Workspace.objects.filter(pk=workspace.pk).values_list(*columns).get()
    return {name: int(number) for name, number in zip(wanted, found, strict=True)}
