"""Reads the environment: each module turns some of its variables into settings."""
