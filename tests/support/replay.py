"""A recorded agent, played step by step into a running server."""

import json
from typing import Any

import httpx

from opencode.lib.ids import random_base62
from tests.contract.recordings import batches_of, session_id_of


class RecordedAgent:
    """Creates its share at once; `play(n)` sends the next n recorded syncs, each answered before the next.

    The session has an id of its own, so that a console may meet a recording more than once.
    """

    def __init__(self, server_url: str, recording: str) -> None:
        self._server = server_url
        self.session_id = f"ses_{random_base62(144)}"
        renamed = json.dumps(batches_of(recording)).replace(session_id_of(recording), self.session_id)
        self._batches = iter(json.loads(renamed))
        created = self._post("/api/share", {"sessionID": self.session_id})
        self.link: str = created["url"]
        self._share, self._secret = created["id"], created["secret"]

    def play(self, count: int) -> None:
        for _ in range(count):
            self._post(f"/api/share/{self._share}/sync", {"secret": self._secret, "data": next(self._batches)})

    def play_rest(self) -> None:
        for batch in self._batches:
            self._post(f"/api/share/{self._share}/sync", {"secret": self._secret, "data": batch})

    def publish(self, *updates: dict[str, Any]) -> None:
        """Entries of its session as an editor publishes them: `{key, content}` or `{key, deleted: true}`."""
        url = f"{self._server}/sync/v1/sessions/{self._share}/entries"
        body = {"type": "publish", "id": f"op-{random_base62(64)}", "updates": list(updates)}
        bearer = {"Authorization": f"Bearer {self._secret}"}
        httpx.post(url, json=body, headers=bearer, trust_env=False, timeout=20).raise_for_status()

    def unshare(self) -> None:
        url = f"{self._server}/api/share/{self._share}"
        httpx.request("DELETE", url, json={"secret": self._secret}, trust_env=False, timeout=20).raise_for_status()

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = httpx.post(self._server + path, json=body, trust_env=False, timeout=20).raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
