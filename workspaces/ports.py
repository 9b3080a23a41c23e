"""What workspaces need of the apps above them."""

from opencode.lib.ports import Port

billing_account_open: Port[[str], None] = Port("billing_account_open")
"""Opens the billing account of the workspace with this id, inside the transaction that makes the workspace."""

spending_limit_set: Port[[str, str, str, int | None], None] = Port("spending_limit_set")
"""Takes over a limit that is being set, in the transaction that sets it and before the row is changed: the workspace's
id, `member` or `key`, the person's id or that of the first key of a rotation, micro-cents a month or None."""

seat_limit: Port[[str], int | None] = Port("seat_limit")
"""How many members the workspace with this id may have; None: as many as it likes."""

workspace_content_erase: Port[[str], int] = Port("workspace_content_erase")
"""Erases all that the apps above keep of the workspace with this id, in transactions of its own, and answers how many
things that were. A repeat erases what an interrupted call left."""
