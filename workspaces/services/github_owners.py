"""Which workspace follows which owner on GitHub; both acts are in its audit log."""

from typing import Final

from django.db import IntegrityError, transaction

from opencode.lib.actor import Actor
from workspaces.errors import GithubOwnerClaimed
from workspaces.models import GithubOwner, Workspace
from workspaces.services.audit import audit_record
from workspaces.services.standing import require_allowed

PERMISSION: Final = "github.manage"


def owner_claim(*, workspace: Workspace, owner_id: int, login: str, actor: Actor) -> GithubOwner:
    """Follow an owner whom GitHub says the person administers; again by the same workspace changes only the login.

    A deleted workspace follows nobody.

    Raises GithubOwnerClaimed; NotFound, Forbidden when the person's right has ended meanwhile.
    """
    with transaction.atomic():
        _lock(workspace.pk, actor)
        owner = GithubOwner.objects.select_for_update().filter(owner_id=owner_id).first()
        if owner is not None and owner.workspace_id != workspace.pk and owner.workspace.deleted_at is None:
            raise GithubOwnerClaimed
        try:
            with transaction.atomic():
                owner, _ = GithubOwner.objects.update_or_create(
                    owner_id=owner_id,
                    defaults={"workspace": workspace, "login": login, "claimed_by_id": actor.person_id},
                )
        except IntegrityError as error:
            raise GithubOwnerClaimed from error
        audit_record(workspace_id=workspace.pk, actor=actor, action="github.claim", details={"owner": login})
    return owner


def owner_release(*, workspace: Workspace, owner_id: int, actor: Actor) -> None:
    """Follow it no longer; nothing changes for its jobs. Raises as `owner_claim` does; unknown ones change nothing."""
    with transaction.atomic():
        _lock(workspace.pk, actor)
        owner = GithubOwner.objects.filter(workspace=workspace, owner_id=owner_id).first()
        if owner is not None:
            owner.delete()
            audit_record(
                workspace_id=workspace.pk, actor=actor, action="github.release", details={"owner": owner.login}
            )


def _lock(workspace_id: str, actor: Actor) -> None:
    Workspace.objects.select_for_update().get(pk=workspace_id)
    require_allowed(workspace_id, actor.person_id or "", PERMISSION)
