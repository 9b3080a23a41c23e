"""Recorded sessions as rows, without the agent's routes between."""

from sync.items.kinds import key_of_item
from sync.models import Share
from tests.contract.recordings import batches_of, session_id_of
from tests.support.transcripts import make_session, make_share, publish


def share_of_recording(name: str) -> Share:
    """The newest value of everything a newer recording's agent sent."""
    session_id = session_id_of(name)
    items = [item for batch in batches_of(name) for item in batch]
    entries = {key_of_item(item["type"], item["data"], session_id): item["data"] for item in items}
    entries.pop(None, None)
    return make_share(publish(make_session(client_id=session_id), entries))
