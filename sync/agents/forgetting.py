"""What a fact makes the agents' routes forget, in this process and at once; from any thread."""

from sync.agents.newer.accounts import forget_all_devices
from sync.agents.targets import forget_all_targets, forget_session, forget_target


def share_forget(*, share_id: str) -> None:
    forget_target(share_id)


def session_forget(*, session_id: int) -> None:
    forget_session(session_id)


def rights_forget() -> None:
    """Of everybody: what ends rights of many is rare, and asking again costs each agent one look-up."""
    forget_all_targets()
    forget_all_devices()
