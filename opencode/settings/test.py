"""Settings for tests on either stack, cheaper where no guarantee depends on it (password hashing, mail).

The embedded stack; with DATABASE_URL, REDIS_URL and S3_BUCKET in the environment, the servers they name.
"""

import tempfile
from pathlib import Path

from opencode.settings.embedded import *  # noqa: F403
from opencode.settings.embedded import DATABASES, ENV, INSTALLED_APPS
from opencode.settings.sources.database import database_settings
from opencode.settings.sources.objectstorage import s3_storage
from opencode.settings.sources.payments import MIRROR
from opencode.settings.sources.redis import channel_layer_settings

# Tests turn payments on and off; what is installed stays as it is at the start.
INSTALLED_APPS = [*([] if MIRROR in INSTALLED_APPS else [MIRROR]), *INSTALLED_APPS]
_scratch = Path(tempfile.mkdtemp(prefix="opencode-test-"))
DATABASES["default"]["TEST"] = {"NAME": _scratch / "test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAIL_IS_QUEUED = True
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
STORAGES = {
    "default": {
        "BACKEND": "opencode.lib.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": _scratch / "files"},
    },
    "snapshots": {
        "BACKEND": "opencode.lib.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": _scratch / "objects"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
WHITENOISE_AUTOREFRESH = True
STATIC_ROOT = _scratch / "static"
STATIC_ROOT.mkdir()
ANONYMOUS_SHARES = True
ANONYMOUS_SHARES_LOCAL_ONLY = False

if ENV.DATABASE_URL:
    DATABASES = {"default": database_settings(ENV.DATABASE_URL)}
if ENV.REDIS_URL:
    CHANNEL_LAYERS = {"default": channel_layer_settings(ENV.REDIS_URL)}
if ENV.S3_BUCKET:
    STORAGES = {**STORAGES, "default": s3_storage(ENV), "snapshots": s3_storage(ENV)}
# Uses are written when a test says so: a timer could write during another test.
KEY_USAGE_SECONDS = 0
CREDENTIAL_USE_SECONDS = 0
MODEL_CALL_SECONDS = 0
