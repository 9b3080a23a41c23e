"""API keys, share tokens and device tokens: their format, finding their owners, counting their use.

Import from its modules; to check what a caller may do, use `workspaces.access`.
"""
