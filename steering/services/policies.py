"""A workspace's ceiling: how much people may decide from the console. Off unless an owner has raised it."""

from django.db import transaction

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from steering.errors import StepUpNeeded
from steering.models import SteeringPolicy
from steering.selectors.commands import ceiling_of
from workspaces.models import Workspace
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed


@transaction.atomic
def ceiling_set(*, workspace: Workspace, ceiling: str, actor: Actor, factor_age: int | None) -> None:
    """Raise or lower it; `factor_age` is how many seconds ago this browser showed a second factor.

    Raising asks for one, lowering for none. Raises NotFound, Forbidden, StepUpNeeded.
    """
    row = Workspace.objects.select_for_update().get(pk=workspace.pk)
    require_allowed(row.pk, actor.id, "steering.set")
    now = ceiling_of(workspace.pk)
    if ceiling == now:
        return
    if ceiling != SteeringPolicy.Ceiling.OFF and factor_age is None:
        raise StepUpNeeded
    told = {"ceiling": SteeringPolicy.Ceiling(ceiling), "changed_at": utc_now()}
    SteeringPolicy.objects.update_or_create(workspace=row, defaults=told)
    details = {"from": now, "to": ceiling, "factor_age": factor_age}
    audit_record(workspace_id=row.pk, actor=actor, action="steering.ceiling", details=details)
