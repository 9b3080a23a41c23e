"""The rows of steering: machines, agent processes, what these work on and wait for, and what people tell them."""

from steering.models.asks import Ask
from steering.models.commands import Command, SteeringPolicy
from steering.models.machines import AgentProcess, Machine
from steering.models.push import NotificationChoice, PushKey, PushSubscription
from steering.models.runs import Run

__all__ = [
    "AgentProcess",
    "Ask",
    "Command",
    "Machine",
    "NotificationChoice",
    "PushKey",
    "PushSubscription",
    "Run",
    "SteeringPolicy",
]
