"""Erasing a session with everything it left, and the receipt that says so: `erasing`, then `confirming`."""
