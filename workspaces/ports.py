"""Functions that workspaces needs from the apps above it."""

from collections.abc import Collection, Mapping
from typing import Any

from opencode.lib.ports import Port

billing_account_open: Port[[str], None] = Port("billing_account_open")
"""Opens the billing account of the workspace with this id, inside the transaction that makes the workspace."""

spending_limit_set: Port[[str, str, str, int | None], None] = Port("spending_limit_set")
"""Adopts a new monthly limit, in the transaction that sets it and before the row is changed.

Takes the workspace's id; `member` or `key`; the person's id, or that of the first key of a rotation; and micro-cents a
month, or None for no limit.
"""

spending_this_month: Port[[str, str, Collection[str]], Mapping[str, tuple[int, int]]] = Port("spending_this_month")
"""What was used, and what running requests hold, of the present month (UTC), in micro-cents.

Takes the workspace's id; `member` or `key`; and people's ids, or those of the first keys of rotations. Whoever has used
nothing may be missing.
"""

seat_limit: Port[[str], int | None] = Port("seat_limit")
"""How many members the workspace with this id may have; None: no limit."""

workspace_content_erase: Port[[str], int] = Port("workspace_content_erase")
"""Erases everything the apps above store of the workspace with this id; returns how many things that were.

Uses transactions of its own. A repeat erases what an interrupted call left.
"""

billing_names_erase: Port[[str], Mapping[str, int]] = Port("billing_names_erase")
"""Erases names from the account of the workspace with this id, inside the transaction that purges the workspace.

Returns amounts for the receipt: what balance remains and is held, in micro-cents.
"""

balance_left: Port[[str], int] = Port("balance_left", default=lambda _workspace_id: 0)
"""What money the workspace with this id still has, in micro-cents."""

workspace_models_erase: Port[[str], int] = Port("workspace_models_erase", default=lambda _workspace_id: 0)
"""Erases the workspace's provider keys, models and what it decided about them; returns how many rows that were."""

person_names_erase: Port[[str], None] = Port("person_names_erase", default=lambda _user_id: None)
"""Removes what the apps above store of the names a person gave their devices and keys, where it outlives these."""

agent_models: Port[[str, str, str], Mapping[str, Any]] = Port("agent_models", default=lambda *_: {})
"""What the apps above add to the configuration of one person's agents: keys of an agent's configuration, or none.

Takes the workspace's id, the person's id, and their role there.
"""

session_titles: Port[[str, Collection[str]], Mapping[str, str]] = Port("session_titles", default=lambda *_: {})
"""The titles of a workspace's sessions with these ids of their agents, in one query; those without one are missing."""
