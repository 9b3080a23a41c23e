"""Group commit: what arrives while a transaction commits is written by the next one, all of it together.

A `Lane` is one kind of operations with its queue; a thread of the process serves it, and on SQLite all lanes in turn.
The door: `Lane` and `Item` for those who have operations, `commit_items` for those who commit without a queue.
"""

from opencode.lib.groupcommit.attempts import LOCK_WAITED, by_row, commit_items
from opencode.lib.groupcommit.items import Item
from opencode.lib.groupcommit.lanes import Lane
from opencode.lib.groupcommit.retries import LOCKED_SECONDS, RetryQueue
from opencode.lib.groupcommit.transactions import write_transaction

__all__ = ["LOCKED_SECONDS", "LOCK_WAITED", "Item", "Lane", "RetryQueue", "by_row", "commit_items", "write_transaction"]
