"""The rows of steering: machines, the agent processes on them, and what these wait for."""

from steering.models.asks import Ask
from steering.models.machines import AgentProcess, Machine

__all__ = ["AgentProcess", "Ask", "Machine"]
