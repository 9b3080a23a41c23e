"""Managed configuration of agents: parsing, checking and comparing its JSON. Pure.

The door: `check` before it is saved, `compared` for its history, `merged` for what an agent receives.
"""

from workspaces.configuration.checking import Checked, Problem, Warned, check
from workspaces.configuration.comparison import ComparedLine, compared
from workspaces.configuration.merging import MergedLine, merged, merged_lines

__all__ = ["Checked", "ComparedLine", "MergedLine", "Problem", "Warned", "check", "compared", "merged", "merged_lines"]
