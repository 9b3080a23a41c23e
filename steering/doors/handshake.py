"""Who may connect a bridge: the login of its agent's machine, in the workspace its agent works in."""

from collections.abc import Mapping
from typing import Any, Final

from accounts.credentials import is_device_token
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing
from sync.live import VIEWER, SessionAccess
from workspaces.access import DeviceAccess, device_access
from workspaces.errors import OrgMissing

NO_SESSION: Final = 0


def bridge_access(scope: Mapping[str, Any]) -> DeviceAccess:
    """The device whose token is in `Authorization`, in the workspace `x-org-id` names; nothing else is looked at.

    Raises CredentialsMissing, CredentialsInvalid, OrgMissing, NotFound, WorkspaceBlocked, Forbidden.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if not token:
        raise CredentialsMissing
    if scheme.lower() != "bearer" or not is_device_token(token.strip()):
        raise CredentialsInvalid
    workspace_id = headers.get("x-org-id", "")
    if not workspace_id:
        raise OrgMissing
    agent, address = headers.get("user-agent", ""), address_of(scope)
    access = device_access(token.strip(), workspace_id, ip=address or None, user_agent=agent)
    access.require("session.publish")
    return access


def address_of(scope: Mapping[str, Any]) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def connection_access(access: DeviceAccess) -> SessionAccess:
    """What the connection depends on: device, membership and workspace, and no session."""
    return SessionAccess(
        NO_SESSION,
        "",
        VIEWER,
        membership_id=access.membership_id,
        client="agent",
        workspace_id=access.workspace_id,
        device_id=access.device_id,
    )
