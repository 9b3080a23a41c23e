"""Writes of the gateway; each act of a person is in the audit log."""
