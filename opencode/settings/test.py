"""The embedded stack with test-sized costs where no promise depends on them (password hashing, mail)."""

import tempfile
from pathlib import Path

from opencode.settings.embedded import *  # noqa: F403
from opencode.settings.embedded import DATABASES

_scratch = Path(tempfile.mkdtemp(prefix="opencode-test-"))
DATABASES["default"]["TEST"] = {"NAME": _scratch / "test.sqlite3"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
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
ANONYMOUS_SHARES = True
