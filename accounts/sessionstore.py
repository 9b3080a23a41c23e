"""Browser sessions, found by a keyed hash of what the cookie holds: a copy of the database signs nobody in."""

from typing import Any, Final

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.utils import timezone
from django.utils.crypto import salted_hmac

_SALT: Final = "accounts.browser-session"
KEY_CHARACTERS: Final = 40


def stored_key(session_key: str) -> str:
    """The hash stored in place of a session's key, here and in the list of a person's sessions; 160 bits."""
    return salted_hmac(_SALT, session_key, algorithm="sha256").hexdigest()[:KEY_CHARACTERS]


class SessionStore(DatabaseSessionStore):
    """`session_key` is the cookie's value everywhere in the code; only rows hold the hash."""

    def _get_session_from_db(self) -> Any:
        key = stored_key(self.session_key or "")
        row = self.model.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return self.model.objects.filter(session_key=stored_key(session_key)).exists()

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        row.session_key = stored_key(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            self.model.objects.filter(session_key=stored_key(key)).delete()

    # Pages are served in threads; the async methods are here so that nothing can bypass the hash.

    async def _aget_session_from_db(self) -> Any:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def acreate_model_instance(self, data: Any) -> Any:
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)
