"""The only door to a workspace's rows: who asks, in which workspace, with which role or scopes.

Views, consumers, agent routes and tasks get one of these objects here, or they do not touch the rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from accounts.credentials import agent_of, is_device_token
from accounts.deviceuses import DevicePair, mark_device_used
from accounts.models import User
from opencode.lib.actor import DEVICE, KEY, PERSON, Actor
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing, Forbidden, NotFound
from opencode.lib.http import client_ip, request_id_of
from workspaces.errors import ScopeMissing, WorkspaceBlocked
from workspaces.keys.format import API_KEY_PREFIX, SHARE_TOKEN_PREFIX, is_well_formed
from workspaces.keys.lookup import (
    find_device,
    find_key,
    find_token,
    standing_devices,
    standing_tokens,
)
from workspaces.keys.usage import count_request
from workspaces.keys.uses import mark_key_used, mark_token_used
from workspaces.models import Membership, Workspace
from workspaces.roles import OWNER, is_allowed
from workspaces.selectors.workspaces import memberships_of

CURRENT_WORKSPACE: Final = "current_workspace"
"""The session key that remembers the slug of the workspace a person looked at last."""


@dataclass(frozen=True)
class WorkspaceAccess:
    """A signed-in person in one of their workspaces; `ip` and `request_id` are for the audit log."""

    workspace: Workspace
    membership: Membership
    user: User
    ip: str | None = None
    request_id: str = ""

    def can(self, permission: str) -> bool:
        return is_allowed(self.membership.role, permission)

    @property
    def role(self) -> str:
        return self.membership.role

    @property
    def actor(self) -> Actor:
        return Actor(PERSON, self.user.pk, self.ip, self.request_id)


@dataclass(frozen=True)
class KeyAccess:
    """A program with an API key; without a `user_id` a service key, which has no role. `root_id`: see FoundKey."""

    key_id: str
    workspace_id: str
    user_id: str | None
    membership_id: str | None
    scopes: frozenset[str]
    ip: str | None = None
    root_id: str = ""
    role: str = ""

    @property
    def actor(self) -> Actor:
        return Actor(KEY, self.key_id, self.ip, owner_id=self.user_id or "")

    def require(self, scope: str) -> None:
        """Raises ScopeMissing when the key does not carry `scope`."""
        if scope not in self.scopes:
            raise ScopeMissing(f"This key does not have the scope {scope}.")


@dataclass(frozen=True)
class TokenAccess:
    """An agent with a workspace share token: it can share into the workspace, nothing else."""

    token_id: str
    workspace_id: str
    ip: str | None = None

    @property
    def actor(self) -> Actor:
        return Actor(KEY, self.token_id, self.ip)


@dataclass(frozen=True)
class DeviceAccess:
    """A person's signed-in agent. With a `membership_id` it acts in that workspace, in the person's role there."""

    device_id: str
    user_id: str
    workspace_id: str = ""
    membership_id: str = ""
    role: str = ""
    is_blocked: bool = False
    ip: str | None = None
    request_id: str = ""
    token_id: int = 0

    @property
    def actor(self) -> Actor:
        return Actor(DEVICE, self.device_id, self.ip, self.request_id, owner_id=self.user_id)

    def require(self, permission: str) -> None:
        """Raises NotFound without a place in the workspace, WorkspaceBlocked, Forbidden when the role is too low."""
        if not self.membership_id:
            raise NotFound
        if self.is_blocked:
            raise WorkspaceBlocked
        if not is_allowed(self.role, permission):
            raise Forbidden


def workspace_access(user: User | AnonymousUser, slug: str, permission: str = "workspace.view") -> WorkspaceAccess:
    """The person's access to the workspace `slug`, in one read.

    Raises CredentialsMissing (not signed in), NotFound (unknown, deleted or not theirs: the answer does not say which),
    WorkspaceBlocked, Forbidden (the role is too low).
    """
    return _member_access(user, permission, workspace__slug=slug)


def workspace_access_by_id(
    user: User | AnonymousUser, workspace_id: str, permission: str = "workspace.view"
) -> WorkspaceAccess:
    """The person's access to the workspace with this id, which outlives every slug, in one read.

    Raises CredentialsMissing (not signed in), NotFound (unknown, deleted or not theirs), WorkspaceBlocked, Forbidden
    (the role is too low).
    """
    return _member_access(user, permission, workspace_id=workspace_id)


def _member_access(user: User | AnonymousUser, permission: str, **which: str) -> WorkspaceAccess:
    if not isinstance(user, User) or not user.is_active:
        raise CredentialsMissing
    membership = (
        Membership.objects.select_related("workspace")
        .filter(user_id=user.pk, workspace__deleted_at=None, **which)
        .first()
    )
    if membership is None:
        raise NotFound
    if membership.workspace.blocked_at is not None:
        raise WorkspaceBlocked
    access = WorkspaceAccess(workspace=membership.workspace, membership=membership, user=user)
    if not access.can(permission):
        raise Forbidden
    return access


def restore_access(request: HttpRequest, slug: str) -> WorkspaceAccess:
    """An owner's access to their deleted workspace, to restore it and nothing else.

    Raises CredentialsMissing (not signed in), NotFound (not an owner of a deleted workspace with this slug).
    """
    if not isinstance(request.user, User) or not request.user.is_active:
        raise CredentialsMissing
    deleted = Membership.objects.select_related("workspace").filter(workspace__deleted_at__isnull=False)
    membership = deleted.filter(user_id=request.user.pk, workspace__slug=slug, role=OWNER).first()
    if membership is None:
        raise NotFound
    return WorkspaceAccess(membership.workspace, membership, request.user, client_ip(request), request_id_of(request))


def page_access(request: HttpRequest, slug: str, permission: str = "workspace.view") -> WorkspaceAccess:
    """The signed-in person's access for a page; the workspace becomes their current one.

    Raises CredentialsMissing (not signed in), NotFound (unknown, deleted or not theirs), WorkspaceBlocked, Forbidden
    (the role is too low).
    """
    access = workspace_access(request.user, slug, permission)
    if request.session.get(CURRENT_WORKSPACE) != slug:
        request.session[CURRENT_WORKSPACE] = slug
    return replace(access, ip=client_ip(request), request_id=request_id_of(request))


def shell_access(request: HttpRequest) -> WorkspaceAccess | None:
    """For pages beside the workspaces: the person's access to the one they looked at last, for the sidebar.

    None for whoever is not signed in or has no open workspace.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        return None
    open_ones = [each for each in memberships_of(user) if each.workspace.is_open]
    remembered = request.session.get(CURRENT_WORKSPACE)
    membership = next((each for each in open_ones if each.workspace.slug == remembered), next(iter(open_ones), None))
    return None if membership is None else WorkspaceAccess(membership.workspace, membership, user)


def key_access(token: str, *, ip: str | None = None) -> KeyAccess:
    """What the API key `token` opens; raises CredentialsInvalid, the same for every reason, and WorkspaceBlocked.

    A key fails when it is malformed (found without a read), unknown under every listed hash key, revoked or expired, or
    when its workspace, its person or the person's membership has ended. Only reads; when and from which `ip` the key
    was used is written a moment later, once a minute.
    """
    found = find_key(token) if is_well_formed(token, API_KEY_PREFIX) else None
    if found is None:
        raise CredentialsInvalid
    if found.is_blocked:
        raise WorkspaceBlocked
    mark_key_used(found, token, ip)
    count_request(found.workspace_id, found.id)
    place = (found.workspace_id, found.user_id, found.membership_id)
    return KeyAccess(found.id, *place, found.scopes, ip, root_id=found.root_id or found.id, role=found.role or "")


def key_workspace(key: KeyAccess) -> Workspace:
    """The workspace the key opens; raises NotFound when it was deleted a moment ago."""
    workspace = Workspace.objects.filter(pk=key.workspace_id, deleted_at=None).first()
    if workspace is None:
        raise NotFound
    return workspace


def share_token_access(token: str, *, ip: str | None = None) -> TokenAccess:
    """What the workspace share token opens; raises CredentialsInvalid, the same for every reason, and WorkspaceBlocked.

    A token fails when it is malformed, unknown under every listed hash key, revoked or expired, or when its workspace
    was deleted. Only reads; when and from which `ip` the token was used is written a moment later, once a minute.
    """
    found = find_token(token) if is_well_formed(token, SHARE_TOKEN_PREFIX) else None
    if found is None:
        raise CredentialsInvalid
    if found.is_blocked:
        raise WorkspaceBlocked
    mark_token_used(found, token, ip)
    return TokenAccess(token_id=found.id, workspace_id=found.workspace_id, ip=ip)


def device_access(
    token: str, workspace_id: str = "", *, ip: str | None = None, user_agent: str = "", request_id: str = ""
) -> DeviceAccess:
    """What the device's access token opens in the workspace, in one read; its `require` checks the role.

    Raises CredentialsInvalid, the same for every reason: malformed, unknown under every listed hash key, expired, or
    its device or person has ended. Only reads; when, from where and by which version the device was used is written a
    moment later, once a minute.
    """
    found = find_device(token, workspace_id) if is_device_token(token) else None
    if found is None:
        raise CredentialsInvalid
    if found.is_use_due:
        mark_device_used(DevicePair(found.id, found.token_id), ip, agent_of(user_agent))
    return DeviceAccess(
        device_id=found.id,
        user_id=found.user_id,
        workspace_id=found.workspace_id or "",
        membership_id=found.membership_id or "",
        role=found.role or "",
        is_blocked=found.is_blocked,
        ip=ip,
        request_id=request_id,
        token_id=found.token_id,
    )


def share_tokens_standing(known: Mapping[str, TokenAccess]) -> Mapping[str, TokenAccess]:
    """The share tokens of `known` that still open what they opened when they were looked up, in one read."""
    alive = standing_tokens([access.token_id for access in known.values()])
    return {name: access for name, access in known.items() if access.token_id in alive}


def devices_standing(known: Mapping[str, DeviceAccess]) -> Mapping[str, DeviceAccess]:
    """The devices of `known` that still open what they opened when they were looked up, in one read.

    Each comes with its person's present role. A device that had no workspace then has none now.
    """
    alive = standing_devices([access.token_id for access in known.values()])
    living = {token_id for token_id, _ in alive}
    now: dict[str, DeviceAccess] = {}
    for name, access in known.items():
        place = alive.get((access.token_id, access.membership_id))
        if place is not None:
            now[name] = replace(access, role=place[0], is_blocked=place[1])
        elif not access.membership_id and access.token_id in living:
            now[name] = access
    return now
