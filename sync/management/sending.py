"""Sends requests to a console over one kept-alive connection, for commands that act as an agent."""

import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any, Final, NamedTuple
from urllib.parse import quote, urlsplit

TIMEOUT_SECONDS: Final = 30


class ServerUnreachable(Exception):
    """No server answers at the address, or it is no console; the message says which."""


class Reply(NamedTuple):
    status: int
    value: Any

    @property
    def refusal(self) -> str:
        """Code and message of a denial, on one line."""
        error = self.value.get("error") if isinstance(self.value, dict) else None
        detail = f": {error.get('code')}: {error.get('message')}" if isinstance(error, dict) else ""
        return f"HTTP {self.status}{detail}"


class Sender:
    """Sends requests to a server's address; with a workspace's `token`, shares belong to that workspace."""

    def __init__(self, server: str, token: str = "") -> None:
        parts = urlsplit(server if "://" in server else f"http://{server}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ServerUnreachable(f"{server} is no http address")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._connection: HTTPConnection = kind(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
        self._prefix = parts.path.rstrip("/") + (f"/w/{quote(token, safe='')}" if token else "")
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def send(self, method: str, path: str, body: Any) -> Reply:
        """The reply. A connection closed by the server while idle is reopened once. Raises ServerUnreachable."""
        try:
            return self._send(method, path, body)
        except (ConnectionError, HTTPException):
            self._connection.close()
        try:
            return self._send(method, path, body)
        except (OSError, HTTPException) as error:
            raise ServerUnreachable(f"{self._origin} does not answer: {error}") from error

    def _send(self, method: str, path: str, body: Any) -> Reply:
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            self._connection.request(method, self._prefix + path, body=content)
            response = self._connection.getresponse()
            answer = response.read()
        except (TimeoutError, OSError) as error:
            if isinstance(error, ConnectionError):
                raise
            raise ServerUnreachable(f"{self._origin} does not answer: {error}") from error
        try:
            return Reply(response.status, json.loads(answer or b"null"))
        except ValueError:
            return Reply(response.status, None)
