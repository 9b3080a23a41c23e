"""Django app `accounts`, and allauth's list of browser sessions as this app keeps it."""

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import receivers  # noqa: F401 - connects them


class BrowserSessionsConfig(UserSessionsConfig):  # type: ignore[misc]
    """Without allauth's own receivers, which would write the sessions' keys in clear."""

    def ready(self) -> None:
        pass
