"""Everything that is the same on every stack; the other modules here only override."""

from pathlib import Path

import django_stubs_ext
from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured

from opencode.settings.people import *  # noqa: F403
from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.mail import read_mail_url

# Lets classes say what they are generic over (`ModelAdmin[User]`) where Django only knows it in its stubs.
django_stubs_ext.monkeypatch()

ENV = read_environment()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(ENV.OPENCODE_DATA_DIR or BASE_DIR / "data").resolve()

DEBUG = False
HOST = ENV.HOST
PORT = ENV.PORT
LISTENS_ON_LOOPBACK = HOST in {"127.0.0.1", "localhost", "::1"}
PUBLIC_URL = (ENV.OPENCODE_PUBLIC_URL or f"http://{'127.0.0.1' if HOST == '0.0.0.0' else HOST}:{PORT}").rstrip("/")  # noqa: S104 - compared with, not listened on
ALLOWED_HOSTS = [host.strip() for host in ENV.OPENCODE_ALLOWED_HOSTS.split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
TRUSTED_PROXIES = [address.strip() for address in ENV.OPENCODE_TRUSTED_PROXIES.split(",") if address.strip()]

INSTALLED_APPS = [
    "daphne",
    "opencode.apps.ConsoleConfig",
    "accounts.apps.AccountsConfig",
    "workspaces.apps.WorkspacesConfig",
    "billing.apps.BillingConfig",
    "sync.apps.SyncConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "channels",
    "csp",
    "django_htmx",
    "storages",
]

MIDDLEWARE = [
    "opencode.web.middleware.RequestIdMiddleware",
    "opencode.web.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "opencode.web.middleware.JSONAPIMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.LastSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "opencode.web.middleware.LeavingMiddleware",
    "opencode.web.middleware.DenialMiddleware",
]

ROOT_URLCONF = "opencode.urls"
ASGI_APPLICATION = "opencode.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "opencode.web.context.console",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- people: how they sign in is in people.py
# No script of ours reads either cookie; forms carry the token themselves.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
# With TLS no other host, not even one below the same domain, can set a cookie of these names.
_cookie_prefix = "__Host-" if SESSION_COOKIE_SECURE else ""
SESSION_COOKIE_NAME = f"{_cookie_prefix}opencode_session"
CSRF_COOKIE_NAME = f"{_cookie_prefix}opencode_csrf"
CSRF_FAILURE_VIEW = "opencode.web.refusals.csrf_failure"

# --- pages
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "staticfiles"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Agents send bodies up to SYNC_BODY_BYTES on their own routes; Django's pages take small forms only.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- session sync; bytes, seconds and counts as the names say
SYNC_BODY_BYTES = 64 * 1024 * 1024
SYNC_ENTRY_BYTES = 8 * 1024 * 1024
SYNC_FRAME_BYTES = 16 * 1024 * 1024
SYNC_KEY_BYTES = 255
SYNC_SESSION_ENTRIES = 50_000
SYNC_SESSION_REMOVED = 50_000
SYNC_SESSION_BYTES = 512 * 1024 * 1024
SYNC_HEARTBEAT_SECONDS = 4
SYNC_SNAPSHOT_DELAY_SECONDS = 15
SYNC_SNAPSHOT_UPDATES = 200
SYNC_SNAPSHOTS_LAST = 10
SYNC_SNAPSHOTS_HOURLY_HOURS = 24
SYNC_SNAPSHOTS_DAILY_DAYS = 30
SYNC_COLD_DAYS = 30
SYNC_HELD_BYTES = 64 * 1024 * 1024
SYNC_QUEUE_BYTES = 256 * 1024 * 1024
SYNC_OPERATION_HOURS = 24
SYNC_KEY_PUBLISHES_PER_SECOND = 10_000
SYNC_SHARE_PUBLISHES_PER_SECOND = 1_000
SYNC_REFUSED_PUBLISHES = 512
SYNC_SESSION_SOCKETS = 10_000
SYNC_WORKSPACE_SOCKETS = 20_000
SYNC_ADDRESS_SOCKETS = 10_000
ANONYMOUS_SHARES = ENV.OPENCODE_ANONYMOUS_SHARES == "on" or (
    ENV.OPENCODE_ANONYMOUS_SHARES == "auto" and LISTENS_ON_LOOPBACK
)

# --- agents that sign in; an access token is told to last SECONDS and honoured for HOURS, see docs/limits.md
DEVICE_CODE_SECONDS = 600
DEVICE_POLL_SECONDS = 2
DEVICE_ACCESS_SECONDS = 3600
DEVICE_ACCESS_HONOURED_HOURS = 168
DEVICE_REFRESH_DAYS = 90
DEVICE_REFRESH_GRACE_SECONDS = 60
DEVICE_CODES_PER_MINUTE = 20
DEVICE_GUESSES_PER_MINUTE = 10
DEVICES_OF_ONE_PERSON = 100

# --- managed configuration
CONFIG_BYTES = 65536
CONFIG_VERSIONS = 1000

# --- JSON API
API_CALLER_REQUESTS_PER_MINUTE = 1_200
API_ADDRESS_REQUESTS_PER_MINUTE = 6_000

# --- metrics: what opens /metrics; without one only this machine itself
METRICS_TOKEN = ENV.OPENCODE_METRICS_TOKEN

# --- audit log: days that entries are kept, 0 for good
AUDIT_DAYS = ENV.OPENCODE_AUDIT_DAYS

# --- keys: how often a process writes what it counted of their use
KEY_USAGE_SECONDS = 60
# Leaked secrets that one address may report; the endpoint asks nobody who they are.
LEAK_REPORTS_PER_MINUTE = 30

# --- Celery
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "snapshots-sweep": {"task": "sync.tasks.snapshots_sweep", "schedule": 5.0, "options": {"expires": 5.0}},
    "snapshot-orphans-sweep": {"task": "sync.tasks.snapshot_orphans_sweep", "schedule": 86400.0},
    "snapshots-prune": {"task": "sync.tasks.snapshots_prune", "schedule": 86400.0},
    "sessions-cool-idle": {"task": "sync.tasks.sessions_cool_idle", "schedule": 60.0, "options": {"expires": 60.0}},
    "deletions-confirm": {"task": "sync.tasks.deletions_confirm", "schedule": 60.0, "options": {"expires": 60.0}},
    "exports-sweep": {"task": "accounts.tasks.exports_sweep", "schedule": 30.0, "options": {"expires": 30.0}},
    "accounts-purge": {"task": "accounts.tasks.accounts_purge", "schedule": 3600.0},
    "workspaces-purge": {"task": "workspaces.tasks.workspaces_purge", "schedule": 3600.0},
    "keys-sweep": {"task": "workspaces.tasks.keys_sweep", "schedule": 900.0},
    "audit-purge": {"task": "workspaces.tasks.audit_purge", "schedule": 86400.0},
    "operations-purge": {"task": "sync.tasks.operations_purge", "schedule": 3600.0},
    "repeatable-calls-purge": {"task": "workspaces.tasks.repeatable_calls_purge", "schedule": 3600.0},
    "mails-sweep": {"task": "accounts.tasks.mails_sweep", "schedule": 20.0, "options": {"expires": 20.0}},
    "mails-purge": {"task": "accounts.tasks.mails_purge", "schedule": 86400.0},
    "devices-purge": {"task": "accounts.tasks.devices_purge", "schedule": 3600.0},
    "sessions-purge": {"task": "accounts.tasks.sessions_purge", "schedule": 3600.0},
}

# --- mail: one URL, smtp://user:password@host:587?tls=1; without it mail goes to the console log
DEFAULT_FROM_EMAIL = "opencode console <console@localhost>"
EMAIL_BACKEND = "opencode.lib.logmail.LogEmailBackend"
MAIL_IS_QUEUED = bool(ENV.EMAIL_URL)
EMAIL_TIMEOUT = 10
if ENV.EMAIL_URL:
    _mail = read_mail_url(ENV.EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.use_tls, _mail.use_ssl
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = _mail.sender or DEFAULT_FROM_EMAIL

from opencode.server.logs import logging_config  # noqa: E402

LOGGING = logging_config(level=ENV.OPENCODE_LOG_LEVEL, as_json=ENV.OPENCODE_LOG_JSON)


def parse_keyring(text: str) -> dict[int, bytes]:
    """`1:secret,2:newer secret` to {1: b"secret", …}; raises ImproperlyConfigured."""
    keys: dict[int, bytes] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        version, separator, key = item.partition(":")
        if not separator or not version.isdecimal() or len(key) < 32:
            raise ImproperlyConfigured(
                "OPENCODE_HASH_KEYS: expected `version:key` items separated by commas, a key of 32 characters or more"
            )
        keys[int(version)] = key.encode()
    return keys
