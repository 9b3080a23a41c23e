"""Who calls: an API key with the scope `models`, or a member's signed-in agent; remembered for a second."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from accounts.credentials import is_device_token
from gateway.errors import KeyInAddress
from opencode.lib.asgi.exchange import Exchange
from opencode.lib.caching import BoundedCache
from opencode.lib.errors import CredentialsMissing, NotFound
from workspaces.access import device_access, key_access
from workspaces.keys.usage import count_request

SCOPE: Final = "models"
CALLERS: Final = 10_000
CALLER_SECONDS: Final = 1.0
"""Together with GATEWAY_POLL_SECONDS, after which a call that began in this second ends, within 4 seconds."""
_HEADERS: Final = (b"x-api-key", b"x-goog-api-key")


@dataclass(frozen=True, slots=True)
class Caller:
    """`member_id` is a person's id, empty for a service key; `key_id` the first key of a rotation, empty for a device.

    `role` is the person's in the workspace. The call depends on the rows `used_key_id`, `membership_id`, `device_id`,
    where they are not empty: when one ends, the call does.
    """

    workspace_id: str
    member_id: str
    key_id: str
    role: str
    used_key_id: str = ""
    membership_id: str = ""
    device_id: str = ""

    @property
    def id(self) -> str:
        """What rates are counted by."""
        return self.used_key_id or self.device_id


def credential_of(exchange: Exchange) -> str:
    """The credential in one of the headers that SDKs use. Raises KeyInAddress, CredentialsMissing."""
    if exchange.query("key"):
        raise KeyInAddress
    scheme, _, token = exchange.header(b"authorization").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    found = next((value.strip() for name in _HEADERS if (value := exchange.header(name))), "")
    if not found:
        raise CredentialsMissing
    return found


def caller_of(token: str, workspace_id: str, ip: str, user_agent: str, request_id: str) -> Caller:
    """The caller by one indexed read. Raises CredentialsInvalid, NotFound (another workspace's), ScopeMissing, …"""
    if is_device_token(token):
        device = device_access(token, workspace_id, ip=ip, user_agent=user_agent, request_id=request_id)
        device.require("model.call")
        return Caller(
            workspace_id=workspace_id,
            member_id=device.user_id,
            key_id="",
            role=device.role,
            membership_id=device.membership_id,
            device_id=device.device_id,
        )
    key = key_access(token, ip=ip)
    if key.workspace_id != workspace_id:
        raise NotFound
    key.require(SCOPE)
    return Caller(
        workspace_id=workspace_id,
        member_id=key.user_id or "",
        key_id=key.root_id,
        role=key.role,
        used_key_id=key.key_id,
        membership_id=key.membership_id or "",
    )


class Callers:
    """The callers of a process. A fact that ends any of their rights here makes it `forget` all of them.

    What ended elsewhere still opens calls for CALLER_SECONDS.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: BoundedCache[tuple[str, str], Caller] = BoundedCache(CALLERS, seconds=CALLER_SECONDS, clock=clock)

    async def find(self, token: str, workspace_id: str, look_up: Callable[[], Awaitable[Caller]]) -> Caller:
        """The caller, by `look_up` when it is not remembered. Raises what that does, which is not remembered."""
        was_read = False

        async def read() -> Caller:
            nonlocal was_read
            was_read = True
            return await look_up()

        found = await self._known.get_or_await((token, workspace_id), read)
        if found.used_key_id and not was_read:
            # A look-up counts by itself.
            count_request(workspace_id, found.used_key_id)
        return found

    def forget(self) -> None:
        """From any thread."""
        self._known.clear()
