"""Forms of accounts, a module for each thing they are about."""
