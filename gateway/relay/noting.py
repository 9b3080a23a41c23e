"""Notes how a call went, for pages; what it cost is settled long before."""

from gateway.models import ModelCall
from gateway.relay.calls import Call
from gateway.relay.serving import Served
from gateway.services.callnotes import CALL_NOTES


def call_noted(call: Call, served: Served, status: int, seconds: float) -> ModelCall:
    """Have the call written a moment later; nothing waits for it."""
    note = ModelCall(
        workspace_id=call.caller.workspace_id,
        request_id=call.id,
        session_id=call.session_id,
        member_id=call.caller.member_id,
        model=call.route.model.slug,
        form=str(call.ask.form),
        credential_id=call.candidate.credential_id if call.candidate else "",
        attempts=served.attempts,
        status=status,
        end=served.end or ModelCall.End.FAILED,
        code=served.code,
        first_byte_ms=None if served.first_byte_ms is None else round(served.first_byte_ms),
        ms=round(seconds * 1000),
        cost=call.cost,
        is_estimated=served.is_estimated,
    )
    CALL_NOTES.add((note.workspace_id, note.request_id), note)
    return note
