"""What accounts needs of the apps above it."""

from opencode.lib.ports import Port

person_welcome: Port[[str], None] = Port("person_welcome")
"""Gives the person with this id, whose address was just verified, what everybody starts with. A repeat adds nothing."""
