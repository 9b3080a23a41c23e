"""One change of one key, as it goes into the writer and comes back numbered."""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Update(NamedTuple):
    """A new value for `key`: `content` is JSON text, empty when `deleted`; `rank` is compared by `sync.items.merge`."""

    key: str
    content: str
    rank: int = 0
    deleted: bool = False


class Stored(NamedTuple):
    """What the database holds for a key while the session's row is locked."""

    content: str
    rank: int
    deleted: bool


# Decides under the session's lock which updates an agent's batch makes, given what is stored for the keys it named.
Resolver = Callable[[Mapping[str, Stored]], "list[Update]"]


class Numbered(NamedTuple):
    """A committed update with its number."""

    seq: int
    key: str
    content: str
    deleted: bool


class PublishReceipt(NamedTuple):
    """A publish that is committed: its updates have the numbers `first` … `last`, both included.

    A publish that changed nothing has `first == last + 1`, `last` being the head.
    """

    epoch: str
    first: int
    last: int
