"""Reads of accounts, a module a noun."""
