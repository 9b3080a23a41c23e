"""Agents that are signed in: their access token, asked for at every call, and the person's place in the workspace.

Nothing here is remembered between calls: a revoked device is refused at its next one.
"""

from functools import partial

from opencode.lib.asgi.exchange import Exchange
from opencode.lib.asgi.threads import in_thread
from opencode.lib.errors import CredentialsMissing, NotFound
from sync.agents.patience import patiently
from sync.agents.targets import live_target, require_secret
from sync.sharing import ShareTarget
from workspaces.access import DeviceAccess, device_access
from workspaces.errors import OrgMissing

ORG_HEADER = b"x-org-id"


async def account_of(exchange: Exchange, workspace_id: str = "") -> DeviceAccess:
    """Who asks, with their place in the workspace if they have one; raises CredentialsMissing, CredentialsInvalid."""
    scheme, _, token = exchange.header(b"authorization").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise CredentialsMissing("Send the agent's access token in the Authorization header.")
    ask = partial(
        device_access,
        token.strip(),
        workspace_id,
        ip=exchange.client_address or None,
        user_agent=exchange.header(b"user-agent"),
        request_id=exchange.request_id,
    )
    return await patiently(partial(in_thread, ask))


async def sharing_account(exchange: Exchange) -> DeviceAccess:
    """For a create: into the workspace the agent names; raises OrgMissing, NotFound, Forbidden too."""
    org = exchange.header(ORG_HEADER)
    account = await account_of(exchange, org)
    if not org:
        raise OrgMissing
    account.require("session.share")
    return account


async def accounts_target(exchange: Exchange, share_id: str, secret: str) -> tuple[DeviceAccess, ShareTarget]:
    """The live share the secret writes to, by somebody who may write in its workspace, whichever the agent names now.

    An agent that was switched to another workspace goes on sending to the shares it made before, and so does one that
    signed in after it shared without an account: no batch of theirs is lost.
    """
    target = await live_target(share_id)
    account = await account_of(exchange, (target and target.workspace_id) or "")
    if target is None:
        raise NotFound("There is no such share, or it has ended.")
    if target.workspace_id is not None:
        account.require("session.publish")
    require_secret(secret, share_id)
    return account, target
