"""Managed configuration of agents: parsing, checking and comparing its JSON. Pure."""

from workspaces.configuration.checking import Checked, Problem, Warned, check
from workspaces.configuration.comparison import ComparedLine, compared

__all__ = ["Checked", "ComparedLine", "Problem", "Warned", "check", "compared"]
