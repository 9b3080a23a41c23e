"""Writes of accounts, a module for each thing people do: one transaction each, facts on commit."""
