"""DATABASE_URL as Django's settings."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Binary and without padding: under the default collation `msg_Ab` and `msg_aB` would be one key, and `a` and `a ` too.
COLLATION = "utf8mb4_nopad_bin"


def database_settings(url: str) -> dict[str, Any]:
    """`mysql://user:password@host:3306/name[?unix_socket=…]`. Raises ImproperlyConfigured for anything else."""
    parts = urlsplit(url)
    if parts.scheme != "mysql" or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL: expected mysql://user:password@host:3306/name")
    options: dict[str, Any] = {"charset": "utf8mb4", "isolation_level": "read committed"}
    unix_socket = parse_qs(parts.query).get("unix_socket")
    if unix_socket:
        options["unix_socket"] = unix_socket[0]
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 3306),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": COLLATION},
    }
