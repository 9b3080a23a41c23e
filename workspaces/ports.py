"""What workspaces need of the apps above them."""

from opencode.lib.ports import Port

billing_account_open: Port[[str], None] = Port("billing_account_open")
"""Opens the billing account of the workspace with this id, inside the transaction that makes the workspace."""
