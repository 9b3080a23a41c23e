"""The default: SQLite, an in-memory channel layer, files; nothing to install or configure."""

from opencode.settings.base import *  # noqa: F403
from opencode.settings.base import ALLOWED_HOSTS, DATA_DIR, ENV, INSTALLED_APPS, PUBLIC_URL, parse_keyring
from opencode.settings.sources.datadir import DATABASE_NAME, broker_directories, private_directory, secret_of
from opencode.settings.sources.payments import mirror_apps, read_payments

private_directory(DATA_DIR)
DEBUG = ENV.OPENCODE_DEBUG
SECRET_KEY = ENV.OPENCODE_SECRET_KEY or secret_of(DATA_DIR, "secret_key")
PAYMENTS = read_payments(ENV, PUBLIC_URL, SECRET_KEY)
INSTALLED_APPS = [*mirror_apps(PAYMENTS), *INSTALLED_APPS]
OPENCODE_KEYRING = parse_keyring(ENV.OPENCODE_HASH_KEYS or "1:" + secret_of(DATA_DIR, "hash_key_1"))
ALLOWED_HOSTS = ALLOWED_HOSTS or ["127.0.0.1", "localhost", "[::1]"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / DATABASE_NAME,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # The default, deferred, fails with "locked" when a reader starts to write while another connection writes.
            "transaction_mode": "IMMEDIATE",
            # FULL: an acknowledged update is on the disk, not in the operating system's cache.
            # Each of some forty threads has a connection with its own cache, of so many KiB: 80 MB in all. The rest of
            # the database is in the system's cache, which they share. The writer's own is larger.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-2048; "
            # A larger log between checkpoints would make one commit wait until the whole of it is copied.
            "PRAGMA wal_autocheckpoint=4000;",
        },
    }
}
CHANNEL_LAYERS: dict[str, dict[str, object]] = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
CACHES = {"default": {"BACKEND": "opencode.lib.countscache.CountsCache"}}
STORAGES = {
    "default": {
        "BACKEND": "opencode.lib.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files"},
    },
    "snapshots": {
        "BACKEND": "opencode.lib.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "objects"},
    },
    "staticfiles": {"BACKEND": "opencode.web.staticstorage.ModuleStaticFilesStorage"},
}
CELERY_BROKER_URL = "filesystem://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = broker_directories(DATA_DIR)
