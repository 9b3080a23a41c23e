"""Who calls the JSON API, and what they may do in a workspace."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Final, cast

from django.http import HttpRequest
from ninja.params.models import Path

from accounts.models import User
from opencode.lib.actor import PERSON, Actor
from opencode.lib.errors import NotFound
from workspaces.access import (
    DeviceAccess,
    KeyAccess,
    WorkspaceAccess,
    key_workspace,
    workspace_access,
    workspace_access_by_id,
)
from workspaces.errors import PersonNeeded, ScopeMissing
from workspaces.models import Workspace

WORKSPACE_PREFIX: Final = "wrk_"
"""How a workspace's id begins; no slug has an underscore."""
PERSON_ONLY: Final[frozenset[str]] = frozenset()
"""The scopes of an operation that only a person on a page may call, no key and no agent."""


WorkspaceName = Annotated[str, Path(..., description="Its id or its slug.")]
"""What an operation in a workspace takes as `workspace`."""


@dataclass(frozen=True)
class Caller:
    """Exactly one of `user` and `key` is set; a person calls from a page, or by an agent: then `device` is set."""

    user: User | None = None
    key: KeyAccess | None = None
    device: DeviceAccess | None = None
    ip: str | None = None
    request_id: str = ""

    @property
    def id(self) -> str:
        """The person's or the key's id: what rates are counted by."""
        return self.user.pk if self.user is not None else self.require_key().key_id

    @property
    def repeats_as(self) -> str:
        """Who the repeats belong to: an agent has its own, because it must not get an answer made for a page."""
        return self.device.device_id if self.device is not None else self.id

    @property
    def actor(self) -> Actor:
        if self.user is None:
            return replace(self.require_key().actor, request_id=self.request_id)
        return self.device.actor if self.device is not None else Actor(PERSON, self.id, self.ip, self.request_id)

    def require_person(self) -> User:
        """Raises PersonNeeded for a key, and for an agent: neither may grant or revoke rights."""
        if self.user is None or self.device is not None:
            raise PersonNeeded
        return self.user

    def require_key(self) -> KeyAccess:
        assert self.key is not None
        return self.key


@dataclass(frozen=True)
class WorkspaceCall:
    """A caller in a workspace, whose rights there were checked; `access` is a person's, None for a key."""

    caller: Caller
    workspace: Workspace
    access: WorkspaceAccess | None = None

    def can(self, permission: str) -> bool:
        """Whether a person calls whose role allows it."""
        return self.access is not None and self.access.can(permission)

    @property
    def person(self) -> WorkspaceAccess:
        """Raises PersonNeeded for a key."""
        if self.access is None:
            raise PersonNeeded
        return self.access

    @property
    def actor(self) -> Actor:
        return self.caller.actor


def caller_of(request: HttpRequest) -> Caller:
    """The caller that authentication found for this request."""
    return cast(Caller, request.auth)  # type: ignore[attr-defined]


def workspace_call(
    request: HttpRequest, workspace: str, permission: str, *, scopes: Collection[str] = PERSON_ONLY
) -> WorkspaceCall:
    """The caller in the workspace of that id or slug: a person whose role has `permission`, a key with one of `scopes`.

    Without scopes the operation is for people on pages: agents, which hold a person's token, get only what keys can
    get. Raises NotFound for a workspace the caller may not know of, PersonNeeded, ScopeMissing, Forbidden.
    """
    caller = caller_of(request)
    if caller.user is not None:
        find = workspace_access_by_id if workspace.startswith(WORKSPACE_PREFIX) else workspace_access
        access = find(caller.user, workspace, permission)
        if not scopes:
            caller.require_person()
        return WorkspaceCall(caller, access.workspace, replace(access, ip=caller.ip, request_id=caller.request_id))
    key = caller.require_key()
    found = key_workspace(key)
    if workspace not in {found.pk, found.slug}:
        raise NotFound
    if not scopes:
        raise PersonNeeded
    if not key.scopes & set(scopes):
        raise ScopeMissing(f"This needs a key with the scope {' or '.join(sorted(scopes))}.")
    return WorkspaceCall(caller, found)
