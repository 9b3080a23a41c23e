"""Reads of workspaces, one module per noun: lists without secrets, the audit log with names, parts of exports."""
