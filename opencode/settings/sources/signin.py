"""Who may sign up and by which providers people sign in, read from the environment and checked at start."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from opencode.settings.sources.environment import Environment


def read_signup_domains(environment: Environment) -> frozenset[str]:
    """Domains in lower case, without `@`. Raises ImproperlyConfigured when the policy needs one and none is set."""
    domains = environment.OPENCODE_SIGNUP_DOMAINS.lower().split(",")
    found = frozenset(domain.strip().removeprefix("@") for domain in domains) - {""}
    if environment.OPENCODE_SIGNUP == "domain" and not found:
        raise ImproperlyConfigured("OPENCODE_SIGNUP_DOMAINS: OPENCODE_SIGNUP=domain needs at least one domain")
    return found


def read_providers(environment: Environment) -> dict[str, dict[str, Any]]:
    """allauth's SOCIALACCOUNT_PROVIDERS: those with a client id. Raises ImproperlyConfigured when one is incomplete."""
    providers: dict[str, dict[str, Any]] = {}
    if github := _app(environment, "GITHUB"):
        providers["github"] = {"APPS": [github], "OAUTH_PKCE_ENABLED": True, "SCOPE": ["user:email"]}
        if environment.OPENCODE_GITHUB_URL:
            providers["github"]["GITHUB_URL"] = environment.OPENCODE_GITHUB_URL.rstrip("/")
    if google := _app(environment, "GOOGLE"):
        providers["google"] = {"APPS": [google], "OAUTH_PKCE_ENABLED": True, "SCOPE": ["openid", "email", "profile"]}
    if oidc := _app(environment, "OIDC"):
        if not environment.OPENCODE_OIDC_ISSUER:
            raise ImproperlyConfigured("OPENCODE_OIDC_ISSUER: needed beside OPENCODE_OIDC_CLIENT_ID")
        named = {"provider_id": environment.OPENCODE_OIDC_ID, "name": environment.OPENCODE_OIDC_NAME}
        oidc_settings = {"server_url": environment.OPENCODE_OIDC_ISSUER.rstrip("/"), "oauth_pkce_enabled": True}
        providers["openid_connect"] = {"APPS": [{**oidc, **named, "settings": oidc_settings}]}
    return providers


def _app(environment: Environment, provider: str) -> dict[str, Any] | None:
    client_id, secret = (getattr(environment, f"OPENCODE_{provider}_CLIENT_{part}") for part in ("ID", "SECRET"))
    if bool(client_id) != bool(secret):
        raise ImproperlyConfigured(f"OPENCODE_{provider}_CLIENT_ID and OPENCODE_{provider}_CLIENT_SECRET go together")
    return {"client_id": client_id, "secret": secret} if client_id else None
