"""Managed configuration of agents: reading the JSON, judging it, comparing versions. Pure."""

from workspaces.configuration.checking import Checked, Problem, Warned, check
from workspaces.configuration.comparison import ComparedLine, compared

__all__ = ["Checked", "ComparedLine", "Problem", "Warned", "check", "compared"]
