"""Agents that are signed in: their access token, and the person's membership in the workspace.

Only batches use remembered rights (`remembered`); every other call asks the database, so that a revoked device is
refused at once.
"""

from functools import partial
from typing import Final

from opencode.lib.asgi.exchange import Exchange
from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing, Forbidden, NotFound
from sync.agents.patience import patiently
from sync.agents.remembered import ConfirmedRight, Remembered
from sync.agents.rights import bearer_of
from sync.agents.targets import WritingRights, require_secret, target_right
from sync.sharing import ShareTarget
from workspaces.access import DeviceAccess, device_access, devices_standing
from workspaces.errors import OrgMissing, WorkspaceBlocked

ORG_HEADER: Final = b"x-org-id"
# A look-up also notes the device's use, which is written once a minute.
DEVICE_SECONDS: Final = 60.0
_devices: Remembered[DeviceAccess] = Remembered(devices_standing, DEVICE_SECONDS)


def invalidate_all_devices() -> None:
    _devices.end_all()


async def account_of(exchange: Exchange, workspace_id: str = "") -> DeviceAccess:
    """The device whose token is shown, with its person's membership in the workspace if there is one.

    Raises CredentialsMissing, CredentialsInvalid.
    """
    ask = partial(
        device_access,
        _bearer(exchange),
        workspace_id,
        ip=exchange.client_address or None,
        user_agent=exchange.header(b"user-agent"),
        request_id=exchange.request_id,
    )
    return await patiently(partial(in_thread, ask))


async def is_members(exchange: Exchange, target: ShareTarget) -> bool:
    """Whether the agent's person may look at the sessions of the share's workspace. Raises as `account_of` does."""
    if target.workspace_id is None:
        return False
    try:
        (await account_of(exchange, target.workspace_id)).require("session.view")
    except (NotFound, Forbidden, WorkspaceBlocked):
        return False
    return True


def _bearer(exchange: Exchange) -> str:
    token = bearer_of(exchange)
    if not token:
        raise CredentialsMissing("Send the agent's access token in the Authorization header.")
    return token


async def sharing_account(exchange: Exchange) -> DeviceAccess:
    """The device that creates a share, with its person's membership in the workspace the agent names.

    Raises CredentialsMissing, CredentialsInvalid, OrgMissing, NotFound, WorkspaceBlocked, Forbidden.
    """
    org = exchange.header(ORG_HEADER)
    account = await account_of(exchange, org)
    if not org:
        raise OrgMissing
    account.require("session.share")
    return account


async def accounts_target(exchange: Exchange, share_id: str, secret: str) -> tuple[DeviceAccess, ShareTarget]:
    """The device, and the live share that its person and the secret may write to.

    The workspace is the share's, whichever the agent names now: an agent that was switched to another workspace goes on
    sending to the shares it made before, and so does one that signed in after it shared without an account. Raises
    CredentialsMissing, CredentialsInvalid, NotFound, WorkspaceBlocked, Forbidden.
    """
    known = await target_right(share_id)
    account = await account_of(exchange, _workspace_of(known))
    return account, _writable(known, account, share_id, secret).value


async def accounts_rights(exchange: Exchange, share_id: str, secret: str) -> WritingRights:
    """A signed-in agent's right to write one batch to the share, with the remembered rights it depends on.

    Raises CredentialsMissing, CredentialsInvalid, NotFound, WorkspaceBlocked, Forbidden.
    """
    known = await target_right(share_id)
    workspace_id = _workspace_of(known)
    name = f"{workspace_id} {_bearer(exchange)}"
    account = await _devices.find(name, partial(account_of, exchange, workspace_id))
    if account is None:
        raise CredentialsInvalid
    known = _writable(known, account.value, share_id, secret)
    return WritingRights(known.value, (known, account))


def _workspace_of(known: ConfirmedRight[ShareTarget] | None) -> str:
    return (known and known.value.workspace_id) or ""


def _writable(
    known: ConfirmedRight[ShareTarget] | None, account: DeviceAccess, share_id: str, secret: str
) -> ConfirmedRight[ShareTarget]:
    if known is None:
        raise NotFound("There is no such share, or it has ended.")
    if known.value.workspace_id is not None:
        account.require("session.publish")
    require_secret(secret, share_id)
    return known
