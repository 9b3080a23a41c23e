"""A session and everybody who comes to it, for the tests of doors: with keys, by a browser, by its share."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from sync.live.publishing import session_publish
from sync.live.runtime import stop_runtime
from sync.models import Session, Share
from sync.protocol.updates import Update
from sync.sharing.secrets import derive_share_secret
from tests.cast import browser, make_cast
from tests.support.asgi_http import HOST, asgi_client
from workspaces.models import APIKey
from workspaces.services.api_keys import api_key_create

Headers = dict[str, str]
SESSION = "/sync/v1/sessions/ses_1"
EVENTS, ENTRIES = f"{SESSION}/events", f"{SESSION}/entries"
KEY = "session/part/ses_1/msg_1/prt_1"


class Room:
    """Alpha's session `ses_1` with a share; carol comes by a key that reads, one that writes, and her browser's cookie.

    `cookie` is the cookie alone, `page` what one of the console's own pages sends. Made in a thread or a plain test,
    used anywhere.
    """

    def __init__(self) -> None:
        self.cast = make_cast()
        self.session = self.make_session()
        self.share = Share.objects.create(session=self.session, secret_version=1)
        self.path = f"/sync/v1/sessions/{self.share.pk}"
        self.reading = self.key_of(self.cast.carol, "sync:read")
        self.writing = self.key_of(self.cast.carol, "sync:write")
        self.cookie = {"cookie": f"opencode_session={browser(self.cast.carol).cookies['opencode_session'].value}"}
        self.page = {**self.cookie, "origin": f"http://{HOST}"}
        self.http = asgi_client()

    def make_session(self) -> Session:
        """The session the room is for."""
        return Session.objects.create(client_id="ses_1", workspace=self.cast.alpha, owner_key=self.cast.alpha.pk)

    def key_of(self, person: User, scope: str) -> Headers:
        """The headers of a new key of alpha, named by its scope."""
        _, secret = api_key_create(
            workspace=self.cast.alpha, created_by=person, name=scope, scopes=[scope], actor=THE_CONSOLE
        )
        return {"authorization": f"Bearer {secret}"}

    def carols_key(self, scope: str) -> APIKey:
        return APIKey.objects.get(name=scope, created_by=self.cast.carol)

    @property
    def share_secret(self) -> Headers:
        """What the agent that shared the session sends."""
        return {"authorization": f"Bearer {derive_share_secret(self.share.pk, 1)}"}

    async def publish(self, *contents: object, key: str = KEY) -> None:
        """One publish each, of the entries `key` followed by 0, 1, 2 …"""
        for number, content in enumerate(contents):
            update = Update(f"{key}{number}", json.dumps(content))
            await session_publish(session_id=self.session.pk, updates=[update])

    async def push(self, body: Any, headers: Headers | None = None, path: str = ENTRIES) -> httpx.Response:
        return await self.http.post(path, json=body, headers=self.writing if headers is None else headers)


@pytest.fixture
def heartbeat_seconds() -> float:
    """How often the room's runtime beats; modules override it."""
    return 0.2


@pytest_asyncio.fixture
async def room(transactional_db: None, settings: LazySettings, heartbeat_seconds: float) -> AsyncIterator[Room]:
    settings.SYNC_HEARTBEAT_SECONDS = heartbeat_seconds
    room = await sync_to_async(Room)()
    yield room
    await stop_runtime()
    await room.http.aclose()
