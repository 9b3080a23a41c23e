"""What a fact makes the agents' routes forget, in this process and at once; from any thread."""

from sync.agents.newer.accounts import invalidate_all_devices
from sync.agents.targets import invalidate_all_targets, invalidate_session, invalidate_target


def share_invalidate(*, share_id: str) -> None:
    invalidate_target(share_id)


def session_invalidate(*, session_id: int) -> None:
    invalidate_session(session_id)


def rights_invalidate() -> None:
    """Of everybody: what ends rights of many is rare, and asking again costs each agent one look-up."""
    invalidate_all_targets()
    invalidate_all_devices()
