"""Real servers by configuration; every secret must be given, none has a default."""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from opencode.settings.base import *  # noqa: F403
from opencode.settings.base import ALLOWED_HOSTS, ENV, PUBLIC_URL, parse_keyring

_missing = [
    name
    for name in ("OPENCODE_SECRET_KEY", "OPENCODE_HASH_KEYS", "OPENCODE_PUBLIC_URL", "DATABASE_URL", "REDIS_URL")
    if not getattr(ENV, name)
]
if _missing:
    raise ImproperlyConfigured(f"production needs these environment variables: {', '.join(_missing)}")

SECRET_KEY = ENV.OPENCODE_SECRET_KEY
OPENCODE_KEYRING = parse_keyring(ENV.OPENCODE_HASH_KEYS)
ALLOWED_HOSTS = ALLOWED_HOSTS or [urlsplit(PUBLIC_URL).hostname or ""]


def _mysql(url: str) -> dict[str, Any]:
    """`mysql://user:password@host:3306/name[?unix_socket=…]` to Django's settings."""
    parts = urlsplit(url)
    if parts.scheme != "mysql" or not parts.path.strip("/"):
        raise ImproperlyConfigured("DATABASE_URL: expected mysql://user:password@host:3306/name")
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": parts.path.strip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "127.0.0.1",
        "PORT": str(parts.port or 3306),
        "CONN_MAX_AGE": 300,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"charset": "utf8mb4", "isolation_level": "read committed"},
    }


DATABASES = {"default": _mysql(ENV.DATABASE_URL)}
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [ENV.REDIS_URL]}}
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENV.REDIS_URL}}
CELERY_BROKER_URL = ENV.REDIS_URL
_s3 = {
    "BACKEND": "storages.backends.s3.S3Storage",
    "OPTIONS": {
        "bucket_name": ENV.S3_BUCKET,
        "endpoint_url": ENV.S3_ENDPOINT_URL or None,
        "access_key": ENV.S3_ACCESS_KEY_ID,
        "secret_key": ENV.S3_SECRET_ACCESS_KEY,
        "region_name": ENV.S3_REGION,
        "signature_version": "s3v4",
        "addressing_style": "path",
        "file_overwrite": False,
        "querystring_auth": True,
    },
}
_files = {"BACKEND": "opencode.lib.storage.DurableFileSystemStorage"}
STORAGES = {
    "default": _s3 if ENV.S3_BUCKET else {**_files, "OPTIONS": {"location": DATA_DIR / "files"}},
    "snapshots": _s3 if ENV.S3_BUCKET else {**_files, "OPTIONS": {"location": DATA_DIR / "objects"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
