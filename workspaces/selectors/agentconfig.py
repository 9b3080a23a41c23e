"""What an agent's `opencode.json` must say to share into a workspace."""

import json

from django.conf import settings


def agent_config(share_token: str) -> str:
    """The JSON to put into `opencode.json`: the server's address with the workspace's token in its path."""
    url = f"{settings.PUBLIC_URL}/w/{share_token}"
    return json.dumps({"share": "auto", "enterprise": {"url": url}}, indent=2)
