"""Managed configuration of agents: parsing, checking and comparing its JSON. Pure.

The door: `check` before it is saved, `compared` for its history.
"""

from workspaces.configuration.checking import Checked, Problem, Warned, check
from workspaces.configuration.comparison import ComparedLine, compared

__all__ = ["Checked", "ComparedLine", "Problem", "Warned", "check", "compared"]
