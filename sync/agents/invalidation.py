"""What the agents' routes drop when a fact ends rights: in this process, at once; callable from any thread."""

from sync.agents.newer.accounts import invalidate_all_devices
from sync.agents.targets import invalidate_all_targets, invalidate_session, invalidate_target


def share_invalidate(*, share_id: str) -> None:
    invalidate_target(share_id)


def session_invalidate(*, session_id: int) -> None:
    invalidate_session(session_id)


def rights_invalidate() -> None:
    """Drop all rights: facts that end the rights of many are rare, and the new look-up costs each agent one query."""
    invalidate_all_targets()
    invalidate_all_devices()
