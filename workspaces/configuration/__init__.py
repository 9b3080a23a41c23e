"""Managed configuration of agents: parsing, checking and comparing its JSON. Pure.

The door: `check` before it is saved, `compared` for its history, `merged` for what an agent receives, `usual_of` and
`with_usual` for a form of the usual settings.
"""

from workspaces.configuration.checking import Checked, Problem, Warned, check
from workspaces.configuration.comparison import ComparedLine, compared
from workspaces.configuration.merging import MergedLine, merged, merged_lines
from workspaces.configuration.usual import CUSTOM, TOOLS, UsualSettings, usual_of, with_usual

__all__ = [
    "CUSTOM",
    "TOOLS",
    "Checked",
    "ComparedLine",
    "MergedLine",
    "Problem",
    "UsualSettings",
    "Warned",
    "check",
    "compared",
    "merged",
    "merged_lines",
    "usual_of",
    "with_usual",
]
