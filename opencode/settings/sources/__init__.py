"""Reads the environment: each module makes settings of some of its variables."""
