"""Reads of deletion receipts, and of rows that should be gone."""

from django.apps import apps
from django.db.models import QuerySet

from sync.models import DeletionReceipt, Session
from workspaces.models import Workspace


def workspace_receipts(workspace: Workspace) -> QuerySet[DeletionReceipt]:
    return DeletionReceipt.objects.filter(workspace=workspace).select_related("erased_by")


def rows_left(session_id: int) -> dict[str, int]:
    """Row counts of a session by table, for every table that points to sessions; tables of later releases included."""
    left = {"Session": Session.objects.filter(pk=session_id).count()}
    for model in apps.get_app_config("sync").get_models():
        for field in model._meta.get_fields():
            if field.many_to_one and field.concrete and field.related_model is Session:
                rows = model._default_manager.filter(**{field.attname: session_id})
                left[model.__name__] = rows.count()
    return left
