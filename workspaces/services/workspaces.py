"""Making and renaming workspaces."""

import secrets
from collections.abc import Iterator
from typing import Final

from django.db import transaction

from accounts.models import User
from opencode.lib.actor import PERSON, Actor
from workspaces.errors import SlugInvalid, SlugTaken, WorkspaceLimitReached
from workspaces.models import Membership, Role, SlugClaim, Workspace, new_workspace_id
from workspaces.ports import billing_account_open
from workspaces.selectors.invitations import invitations_for
from workspaces.selectors.workspaces import memberships_of
from workspaces.services.audit import audit_record
from workspaces.services.slugs import slug_take
from workspaces.slugs import base_slug, is_valid_slug, numbered_slug, provisional_slug

NAME_CHARACTERS: Final = 80
OWNED_LIMIT: Final = 50
"""Workspaces one person may own: far above need, low enough that a script cannot fill the database."""


def workspace_create(*, owner: User, name: str, actor: Actor, slug: str = "") -> Workspace:
    """A workspace with its owner, a slug of its own made from `name`, and its billing account; all or nothing.

    With a `slug` it gets that one. Raises WorkspaceLimitReached, SlugInvalid, SlugTaken.
    """
    if slug and not is_valid_slug(slug):
        raise SlugInvalid
    with transaction.atomic():
        _lock(owner)
        if memberships_of(owner).filter(role=Role.OWNER).count() >= OWNED_LIMIT:
            raise WorkspaceLimitReached
        return _create(owner, name, actor, slug)


def first_workspace_create(user_id: str) -> None:
    """Make the workspace everybody starts with, named after its person.

    Not for a person who belongs to a workspace already or is invited into one: they are on their way there.
    """
    with transaction.atomic():
        user = _lock(User(pk=user_id))
        if not user.memberships.exists() and not invitations_for(user):
            _create(user, user.display_name[:NAME_CHARACTERS], Actor(PERSON, user_id))


def workspace_rename(*, workspace: Workspace, name: str, actor: Actor) -> None:
    """Change the name; the slug stays (`workspace_slug_set` changes that)."""
    with transaction.atomic():
        if Workspace.objects.filter(pk=workspace.pk).exclude(name=name).update(name=name):
            audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.rename", details={"field": "name"})
    workspace.name = name


def _lock(user: User) -> User:
    """Decides between the same person's requests that race for a first workspace."""
    return User.objects.select_for_update().get(pk=user.pk)


def _create(owner: User, name: str, actor: Actor, slug: str = "") -> Workspace:
    workspace = _insert(name, slug)
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    billing_account_open(workspace.pk)
    audit_record(workspace_id=workspace.pk, actor=actor, action="workspace.create", target_id=owner.pk)
    return workspace


def _insert(name: str, slug: str) -> Workspace:
    """The row under this slug, or with "" under the first free one.

    Constraints decide between workspaces made or renamed at the same time. It starts with a provisional slug and claims
    one as a rename does: locks taken in another order would deadlock.
    """
    workspace_id = new_workspace_id()
    workspace = Workspace.objects.create(pk=workspace_id, name=name, slug=provisional_slug(workspace_id))
    if slug:
        slug_take(workspace=workspace, slug=slug)
        return workspace
    base = base_slug(name)
    taken = _taken_slugs(base)
    for free in _slugs(base):
        if free in taken:
            continue
        try:
            slug_take(workspace=workspace, slug=free)
        except SlugTaken:
            continue
        return workspace
    raise AssertionError("unreachable: random slugs never end")


def _taken_slugs(base: str) -> set[str]:
    held = Workspace.objects.filter(slug__startswith=base).order_by().values_list("slug", flat=True)
    claimed = SlugClaim.objects.filter(slug__startswith=base).order_by().values_list("slug", flat=True)
    return set(held.union(claimed))


def _slugs(base: str) -> Iterator[str]:
    """`base`, `base-2` … `base-9`, then random numbers without end."""
    yield base
    yield from (numbered_slug(base, number) for number in range(2, 10))
    while True:
        yield numbered_slug(base, 1000 + secrets.randbelow(1_000_000))
