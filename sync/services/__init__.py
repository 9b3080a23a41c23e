"""Writes of session sync."""
