"""The models that a caller may call, as OpenAI's and Anthropic's clients read such a list."""

from typing import Any

import msgspec

from gateway.relay.caller import Caller
from gateway.selectors.routing import Route, amodels_for


async def models_answer(caller: Caller) -> bytes:
    """The list as JSON."""
    routes = await amodels_for(
        workspace_id=caller.workspace_id, member_id=caller.member_id, key_id=caller.key_id, role=caller.role
    )
    data = [_entry(route) for route in routes]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
    return msgspec.json.encode({"object": "list", "data": data, "has_more": False, **ends})


def _entry(route: Route) -> dict[str, Any]:
    model = route.model
    return {
        "id": model.slug,
        "object": "model",
        "type": "model",
        "created": 0,
        "created_at": "1970-01-01T00:00:00Z",
        "owned_by": model.kind,
        "display_name": model.name,
    }
