"""The access an agent reads or writes a share by, with the rows that end it when they end."""

from dataclasses import replace

from opencode.lib.asgi.exchange import Exchange
from opencode.lib.errors import NotFound
from sync.live import EDITOR, VIEWER, SessionAccess
from sync.sharing import ShareTarget, is_share_secret_valid, read_share_secret


def reader_of(target: ShareTarget) -> SessionAccess:
    """The access of a reader who has the link, and nothing but the link. Raises NotFound where that shows nothing."""
    if target.is_for_members:
        raise NotFound("There is no such share, or it has ended.")
    return replace(_access(target, VIEWER), is_masked=target.masks_secrets)


def reader_by(target: ShareTarget, shown: str) -> SessionAccess:
    """The access of a reader who may show the share's secret (`shown`): its holder reads the original.

    What is no secret of this share, or no longer writes to it, changes nothing: the link alone lets one read. Raises
    NotFound as `reader_of` does.
    """
    return writer_of(target) if target.has_writer and opens(shown, target.share_id) else reader_of(target)


def member_of(target: ShareTarget) -> SessionAccess:
    """The access of a reader who is a member of the share's workspace, and sees the original."""
    return _access(target, VIEWER)


def writer_of(target: ShareTarget) -> SessionAccess:
    """The access of a writer who has the secret."""
    return _access(target, EDITOR)


def opens(secret: str, share_id: str) -> bool:
    """Whether the secret is the share's; compared in constant time."""
    parsed = read_share_secret(secret)
    return parsed is not None and parsed.share_id == share_id and is_share_secret_valid(parsed)


def bearer_of(exchange: Exchange) -> str:
    """The credential in the Authorization header; empty when there is none."""
    scheme, _, token = exchange.header(b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _access(target: ShareTarget, role: str) -> SessionAccess:
    workspace_id = target.workspace_id or ""
    return SessionAccess(target.session_id, target.client_id, role, share_id=target.share_id, workspace_id=workspace_id)
