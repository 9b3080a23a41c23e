"""Writes: workspaces, who belongs to them, and the secrets they hand out."""
