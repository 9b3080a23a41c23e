"""What a lane commits."""

from typing import Any, Protocol


class Item(Protocol):
    """One operation. `row_id` is the row that its commit has to lock, `bytes` what it takes in memory, more or less.

    `outcome` is None until it is settled: then the result, or the Denial. `locked_since`, in monotonic seconds, is when
    its row was first found locked elsewhere.
    """

    bytes: int
    outcome: Any
    locked_since: float | None

    @property
    def row_id(self) -> int: ...
