"""Reads of accounts, one module per noun."""
