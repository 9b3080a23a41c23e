"""Making and renaming workspaces."""

import secrets
from collections.abc import Iterator
from typing import Final

from django.db import IntegrityError, transaction

from accounts.models import User
from workspaces.errors import WorkspaceLimitReached
from workspaces.models import Membership, Role, Workspace
from workspaces.ports import billing_account_open
from workspaces.selectors.workspaces import memberships_of
from workspaces.slugs import base_slug, numbered_slug

NAME_CHARACTERS: Final = 80
OWNED_LIMIT: Final = 50
"""Workspaces one person may own: far above need, low enough that a script cannot fill the database."""


def workspace_create(*, owner: User, name: str) -> Workspace:
    """A workspace with its owner, a slug of its own made from `name`, and its billing account; all or nothing.

    Raises WorkspaceLimitReached.
    """
    with transaction.atomic():
        _lock(owner)
        if memberships_of(owner).filter(role=Role.OWNER).count() >= OWNED_LIMIT:
            raise WorkspaceLimitReached
        return _create(owner, name)


def first_workspace_create(user_id: str) -> None:
    """The workspace everybody starts with, named after its person. Who belongs to one already gets no other."""
    with transaction.atomic():
        user = _lock(User(pk=user_id))
        if not user.memberships.exists():
            _create(user, user.display_name[:NAME_CHARACTERS])


def workspace_rename(*, workspace: Workspace, name: str) -> None:
    """Another name; the slug stays, so that links and agents keep working."""
    workspace.name = name
    workspace.save(update_fields=["name"])


def _lock(user: User) -> User:
    """Decides between the same person's requests that race for a first workspace."""
    return User.objects.select_for_update().get(pk=user.pk)


def _create(owner: User, name: str) -> Workspace:
    workspace = _insert(name)
    Membership.objects.create(workspace=workspace, user=owner, role=Role.OWNER)
    billing_account_open(workspace.pk)
    return workspace


def _insert(name: str) -> Workspace:
    """The row under the first free slug; the unique constraint decides between workspaces made at the same time."""
    base = base_slug(name)
    taken = _taken_slugs(base)
    for slug in _slugs(base):
        if slug in taken:
            continue
        try:
            with transaction.atomic():
                return Workspace.objects.create(name=name, slug=slug)
        except IntegrityError:
            continue
    raise AssertionError("unreachable: random slugs never end")


def _taken_slugs(base: str) -> set[str]:
    return set(Workspace.objects.filter(slug__startswith=base).values_list("slug", flat=True))


def _slugs(base: str) -> Iterator[str]:
    """`base`, `base-2` … `base-9`, then random numbers without end."""
    yield base
    yield from (numbered_slug(base, number) for number in range(2, 10))
    while True:
        yield numbered_slug(base, 1000 + secrets.randbelow(1_000_000))
