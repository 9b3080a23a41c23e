"""Real servers by configuration; every secret must be set, none has a default."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from opencode.settings.base import *  # noqa: F403
from opencode.settings.base import ALLOWED_HOSTS, DATA_DIR, ENV, INSTALLED_APPS, PUBLIC_URL, parse_keyring
from opencode.settings.sources.database import database_settings
from opencode.settings.sources.objectstorage import s3_storage
from opencode.settings.sources.payments import mirror_apps, read_payments
from opencode.settings.sources.redis import cache_settings, channel_layer_settings

_missing = [
    name
    for name in ("OPENCODE_SECRET_KEY", "OPENCODE_HASH_KEYS", "OPENCODE_PUBLIC_URL", "DATABASE_URL", "REDIS_URL")
    if not getattr(ENV, name)
]
if _missing:
    raise ImproperlyConfigured(f"production needs these environment variables: {', '.join(_missing)}")

SECRET_KEY = ENV.OPENCODE_SECRET_KEY
PAYMENTS = read_payments(ENV, PUBLIC_URL, SECRET_KEY)
INSTALLED_APPS = [*mirror_apps(PAYMENTS), *INSTALLED_APPS]
OPENCODE_KEYRING = parse_keyring(ENV.OPENCODE_HASH_KEYS)
ALLOWED_HOSTS = ALLOWED_HOSTS or [urlsplit(PUBLIC_URL).hostname or ""]


DATABASES = {"default": database_settings(ENV.DATABASE_URL)}
CHANNEL_LAYERS = {"default": channel_layer_settings(ENV.REDIS_URL)}
CACHES = {"default": cache_settings(ENV.REDIS_URL)}
CELERY_BROKER_URL = ENV.REDIS_URL
_s3 = s3_storage(ENV)
_files = {"BACKEND": "opencode.lib.storage.DurableFileSystemStorage"}
STORAGES = {
    "default": _s3 if ENV.S3_BUCKET else {**_files, "OPTIONS": {"location": DATA_DIR / "files"}},
    "snapshots": _s3 if ENV.S3_BUCKET else {**_files, "OPTIONS": {"location": DATA_DIR / "objects"}},
    "staticfiles": {"BACKEND": "opencode.web.staticstorage.ModuleStaticFilesStorage"},
}
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
