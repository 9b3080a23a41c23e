"""The rows of steering: machines, the agent processes on them, what these wait for, and what people decide."""

from steering.models.asks import Ask
from steering.models.commands import Command, SteeringPolicy
from steering.models.machines import AgentProcess, Machine

__all__ = ["AgentProcess", "Ask", "Command", "Machine", "SteeringPolicy"]
