"""Which agent of a person works on a session."""

from steering.models import Run


def run_of_session(user_id: str, workspace_id: str, client_id: str) -> Run | None:
    """What the person's agent does in the session of this id, or did last: of several processes the latest to say."""
    runs = Run.objects.filter(workspace=workspace_id, client_id=client_id, user=user_id).order_by("-changed_at")
    return runs.select_related("process__machine", "workspace").first()
