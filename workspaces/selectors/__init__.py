"""Reads of workspaces, keys and tokens."""
