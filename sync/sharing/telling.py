"""Tells the webhooks of a workspace that a link was created."""

from django.conf import settings

from workspaces.webhooks import SESSION_SHARED, webhook_event


def tell_shared(workspace_id: str | None, client_id: str, share_id: str) -> None:
    """Queue the webhooks' event for a new link; sessions without a workspace have none to tell."""
    if workspace_id is not None:
        data = {"session": client_id, "share": share_id, "url": f"{settings.PUBLIC_URL}/share/{share_id}"}
        webhook_event(workspace_id=workspace_id, kind=SESSION_SHARED, data=data)
