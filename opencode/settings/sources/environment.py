"""The environment variables the console reads, typed and checked once at start.

Every field of `Environment` is a variable of the same name; docs/operations.md lists
them and a test keeps the two equal.
"""

import os
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from django.core.exceptions import ImproperlyConfigured

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Minutes = Annotated[int, msgspec.Meta(ge=2, le=10_080)]
Days = Annotated[int, msgspec.Meta(ge=0, le=36500)]


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """The environment variables; defaults are those of the embedded stack."""

    HOST: str = "127.0.0.1"
    PORT: Port = 8000
    OPENCODE_DATA_DIR: str = ""
    OPENCODE_DEBUG: bool = False
    OPENCODE_SECRET_KEY: str = ""
    OPENCODE_HASH_KEYS: str = ""
    OPENCODE_PUBLIC_URL: str = ""
    OPENCODE_ALLOWED_HOSTS: str = ""
    OPENCODE_TRUSTED_PROXIES: str = "127.0.0.1"
    OPENCODE_ANONYMOUS_SHARES: Literal["auto", "on", "off"] = "auto"
    OPENCODE_SIGNUP: Literal["open", "invitation", "domain", "closed"] = "open"
    OPENCODE_SIGNUP_DOMAINS: str = ""
    OPENCODE_GITHUB_CLIENT_ID: str = ""
    OPENCODE_GITHUB_CLIENT_SECRET: str = ""
    OPENCODE_GITHUB_URL: str = ""
    OPENCODE_GITHUB_APP_ID: str = ""
    OPENCODE_GITHUB_APP_PRIVATE_KEY: str = ""
    OPENCODE_GITHUB_APP_PRIVATE_KEY_FILE: str = ""
    OPENCODE_GITHUB_APP_OWNERS: str = ""
    OPENCODE_GITHUB_APP_WORKFLOWS: str = ""
    OPENCODE_GITHUB_APP_CLIENT_ID: str = ""
    OPENCODE_GITHUB_APP_CLIENT_SECRET: str = ""
    OPENCODE_GOOGLE_CLIENT_ID: str = ""
    OPENCODE_GOOGLE_CLIENT_SECRET: str = ""
    OPENCODE_OIDC_ISSUER: str = ""
    OPENCODE_OIDC_CLIENT_ID: str = ""
    OPENCODE_OIDC_CLIENT_SECRET: str = ""
    OPENCODE_OIDC_NAME: str = "single sign-on"
    OPENCODE_OIDC_ID: str = "oidc"
    OPENCODE_OIDC_TRUST_EMAIL: bool = False
    OPENCODE_OUTBOUND_PRIVATE: bool = False
    OPENCODE_PUSH_HOSTS: str = (
        "fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,.notify.windows.com"
    )
    OPENCODE_LOST_MINUTES: Minutes = 15
    OPENCODE_AUDIT_DAYS: Days = 0
    OPENCODE_METRICS_TOKEN: str = ""
    OPENCODE_PRICES: str = ""
    OPENCODE_MODELS: str = ""
    OPENCODE_SPOOL_DIR: str = ""
    OPENCODE_PROVISION: str = ""
    OPENCODE_PAYMENTS: Literal["none", "stripe", "test"] = "none"
    OPENCODE_PLANS: Literal["on", "off"] = "on"
    OPENCODE_TEST_PAYMENTS_PORT: Port = 12111
    OPENCODE_TEST_PAYMENTS_URL: str = ""
    STRIPE_SECRET_KEY: str = ""
    STRIPE_WEBHOOK_SECRET: str = ""
    STRIPE_API_HOST: str = ""
    OPENCODE_LOG_LEVEL: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    OPENCODE_LOG_JSON: bool = False
    DATABASE_URL: str = ""
    REDIS_URL: str = ""
    EMAIL_URL: str = ""
    S3_BUCKET: str = ""
    S3_ENDPOINT_URL: str = ""
    S3_ACCESS_KEY_ID: str = ""
    S3_SECRET_ACCESS_KEY: str = ""
    S3_REGION: str = "auto"


def read_environment(source: Mapping[str, str] | None = None) -> Environment:
    """Read and check the variables. Raises ImproperlyConfigured naming the variable that is wrong.

    An empty value counts as not set, so that `PORT= make run` keeps the default.
    """
    values = os.environ if source is None else source
    given = {name: values[name] for name in Environment.__struct_fields__ if values.get(name)}
    try:
        return msgspec.convert(given, Environment, strict=False)
    except msgspec.ValidationError as error:
        raise ImproperlyConfigured(f"environment variable: {error}") from error
