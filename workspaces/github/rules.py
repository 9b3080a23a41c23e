"""Which jobs get a token, as far as their own signed claims tell. Pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

UNSAFE_EVENT: Final = "pull_request_target"
WRITERS_EVENTS: Final = frozenset(
    {"push", "schedule", "workflow_dispatch", "repository_dispatch", "pull_request", "merge_group", "release", "create"}
)
"""Events that only people with write access cause, or whose jobs get no signed token for a fork's change.

In all others, such as comments and issues, anyone may be the actor: their token is the base repository's, so only
GitHub can tell whether the actor may write.
"""
WRITES: Final = frozenset({"admin", "maintain", "write"})


OUTCOMES: Final[Mapping[str, str]] = {
    "github_event_unsafe": "Runs a stranger's change",
    "github_workflow_unserved": "Workflow not listed",
    "github_app_not_installed": "App not installed",
    "github_actor_may_not_write": "May not write",
}
"""What a page says of refusals, by their codes."""


def is_unsafe(event: str) -> bool:
    """Whether the event runs the base repository's workflow on a stranger's change."""
    return event == UNSAFE_EVENT


def needs_writer(event: str) -> bool:
    """Whether GitHub must say that the actor may write."""
    return event not in WRITERS_EVENTS


def is_owner_served(owners: Collection[str], login: str, owner_id: int) -> bool:
    """Whether the host serves the owner, by name in any case or by id."""
    return login.lower() in owners or str(owner_id) in owners


def is_workflow_served(workflows: Sequence[str], reference: str) -> bool:
    """Whether the workflow may ask: any when none is listed; one listed without `@ref` may at every ref."""
    return not workflows or reference in workflows or reference.partition("@")[0] in workflows
