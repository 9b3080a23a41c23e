"""What goes into the writer and what comes out of a commit."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from opencode.lib.errors import Denial
from sync.protocol.updates import Numbered, PublishReceipt, Resolver, Update


class SenderAccess(Protocol):
    """The ids of the rows a sender's right depends on; "" for those it does not."""

    @property
    def workspace_id(self) -> str: ...
    @property
    def share_id(self) -> str: ...
    @property
    def key_id(self) -> str: ...
    @property
    def device_id(self) -> str: ...
    @property
    def membership_id(self) -> str: ...


class Sender(Protocol):
    """The connection or request a publish comes from, with a right that may end."""

    @property
    def refusal(self) -> Denial | None:
        """The denial once the right has ended, else None: nothing is written then. Read in the writer's thread."""

    @property
    def access(self) -> SenderAccess:
        """What it came by, which decides whether it may remove entries."""

    def acknowledged(self) -> None:
        """Note that one of its publishes is committed."""


@dataclass(slots=True, eq=False)
class Publish:
    """One publish, all or nothing. Either `updates`, or `keys` with a `resolve` that decides under the lock.

    Without a `sender` it is the console's own.
    `outcome` is set by the commit; `waiter` belongs to the caller that submitted it and is passed back untouched.
    `created` and `locked_since`, when its session's row was first found locked elsewhere, are in monotonic seconds.
    """

    session_id: int
    updates: Sequence[Update] = ()
    operation_id: str | None = None
    keys: Sequence[str] = ()
    resolve: Resolver | None = None
    bytes: int = 0
    sender: Sender | None = None
    outcome: PublishReceipt | Denial | None = None
    waiter: Any = None
    created: float = field(default_factory=time.monotonic)
    locked_since: float | None = None

    @property
    def row_id(self) -> int:
        return self.session_id

    def __post_init__(self) -> None:
        if not self.bytes:
            self.bytes = 200 + sum(len(update.content) for update in self.updates)


@dataclass(slots=True)
class SessionCommit:
    """What one commit added to one session: `first` … `last` without gaps, in order."""

    session_id: int
    epoch: str
    first: int
    last: int
    updates: list[Numbered] = field(default_factory=list)
