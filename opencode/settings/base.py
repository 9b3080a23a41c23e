"""Settings shared by every stack; some subjects have modules of their own, which this one imports.

The modules embedded, production and test start from it and only override.
"""

from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured

from opencode.settings.gateway import *  # noqa: F403
from opencode.settings.mail import *  # noqa: F403
from opencode.settings.people import *  # noqa: F403
from opencode.settings.programs import *  # noqa: F403
from opencode.settings.schedule import *  # noqa: F403
from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.githubapp import read_github_app
from opencode.settings.sync import *  # noqa: F403

# Allows classes to state their type arguments (`ModelAdmin[User]`), which Django has only in its stubs.
django_stubs_ext.monkeypatch()

ENV = read_environment()
BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(ENV.OPENCODE_DATA_DIR or BASE_DIR / "data").resolve()

DEBUG = False
HOST = ENV.HOST
PORT = ENV.PORT
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LISTENS_ON_LOOPBACK = HOST in LOOPBACK
PUBLIC_URL = (ENV.OPENCODE_PUBLIC_URL or f"http://{'127.0.0.1' if HOST == '0.0.0.0' else HOST}:{PORT}").rstrip("/")  # noqa: S104 - compared with, not listened on
ALLOWED_HOSTS = [host.strip() for host in ENV.OPENCODE_ALLOWED_HOSTS.split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
OUTBOUND_PRIVATE = ENV.OPENCODE_OUTBOUND_PRIVATE
PUSH_HOSTS = [host.strip().lower() for host in ENV.OPENCODE_PUSH_HOSTS.split(",") if host.strip()]
GITHUB_APP = read_github_app(ENV)
TRUSTED_PROXIES = [address.strip() for address in ENV.OPENCODE_TRUSTED_PROXIES.split(",") if address.strip()]

INSTALLED_APPS = [
    "opencode.apps.ConsoleConfig",
    "accounts.apps.AccountsConfig",
    "workspaces.apps.WorkspacesConfig",
    "billing.apps.BillingConfig",
    "sync.apps.SyncConfig",
    "gateway.apps.GatewayConfig",
    "steering.apps.SteeringConfig",
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
    "accounts.apps.BrowserSessionsConfig",
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

# --- people: signing in is in people.py
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
SECURE_HSTS_SECONDS = 31_536_000 if PUBLIC_URL.startswith("https://") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
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
# Agents send bodies up to SYNC_BODY_BYTES to their own routes; Django's pages take small forms only.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- shares of agents that belong to no workspace
ANONYMOUS_SHARES_LOCAL_ONLY = ENV.OPENCODE_ANONYMOUS_SHARES == "auto"
ANONYMOUS_SHARES = ENV.OPENCODE_ANONYMOUS_SHARES == "on" or (
    ANONYMOUS_SHARES_LOCAL_ONLY and LISTENS_ON_LOOPBACK and urlsplit(PUBLIC_URL).hostname in LOOPBACK
)

# --- billing: a file with the operator's own prices, which override the console's
PRICES_FILE = ENV.OPENCODE_PRICES
# Whether plans are sold and bound workspaces, where there are payments.
SELLS_PLANS = ENV.OPENCODE_PLANS == "on"
# Copies of what Stripe holds, in dj-stripe's rows; an app only while payments are on (sources/payments.py).
MIGRATION_MODULES = {"djstripe": "billing.mirror.migrations"}
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"

# --- gateway: a file with the operator's own models; where processes keep what calls used until it is settled
MODELS_FILE = ENV.OPENCODE_MODELS
SPOOL_DIR = Path(ENV.OPENCODE_SPOOL_DIR or DATA_DIR / "spool").resolve()

# --- provisioning: a file that says what people, workspaces and keys there are, read at every start
PROVISION_FILE = ENV.OPENCODE_PROVISION

# --- audit log: days that entries are kept, 0 for ever
AUDIT_DAYS = ENV.OPENCODE_AUDIT_DAYS

# --- metrics: the token for /metrics; without one only this machine may read them
METRICS_TOKEN = ENV.OPENCODE_METRICS_TOKEN

from opencode.server.logs import logging_config  # noqa: E402

LOGGING = logging_config(level=ENV.OPENCODE_LOG_LEVEL, as_json=ENV.OPENCODE_LOG_JSON)


def parse_keyring(text: str) -> dict[int, bytes]:
    """`1:secret,2:newer secret` to {1: b"secret", …}. Raises ImproperlyConfigured."""
    keys: dict[int, bytes] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        version, separator, key = item.partition(":")
        if not separator or not version.isdecimal() or len(key) < 32:
            raise ImproperlyConfigured(
                "OPENCODE_HASH_KEYS: expected `version:key` items separated by commas, a key of 32 characters or more"
            )
        keys[int(version)] = key.encode()
    return keys
