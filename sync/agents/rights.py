"""The access an agent reads or writes a share by, with the rows that end it when they end."""

from sync.live import EDITOR, VIEWER, SessionAccess
from sync.sharing import ShareTarget


def reader_of(target: ShareTarget) -> SessionAccess:
    """The access of a reader who has the link."""
    return _access(target, VIEWER)


def writer_of(target: ShareTarget) -> SessionAccess:
    """The access of a writer who has the secret."""
    return _access(target, EDITOR)


def _access(target: ShareTarget, role: str) -> SessionAccess:
    workspace_id = target.workspace_id or ""
    return SessionAccess(target.session_id, target.client_id, role, share_id=target.share_id, workspace_id=workspace_id)
