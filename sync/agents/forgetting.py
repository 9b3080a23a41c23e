"""What the agents' routes forget when a fact ends rights: in this process, at once; callable from any thread."""

from sync.agents.newer.accounts import forget_all_devices
from sync.agents.targets import forget_all_targets, forget_session, forget_target


def share_forget(*, share_id: str) -> None:
    forget_target(share_id)


def session_forget(*, session_id: int) -> None:
    forget_session(session_id)


def rights_forget() -> None:
    """Forget all rights: facts that end the rights of many are rare, and the new look-up costs each agent one query."""
    forget_all_targets()
    forget_all_devices()
