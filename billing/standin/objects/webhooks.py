"""Webhook endpoints: where events go, signed with secrets that may be rotated."""

import hashlib
import hmac
from typing import Any, Final

from billing.standin.objects.changes import deletion, merged_metadata, settled
from billing.standin.sandbox import API_VERSION, Object, Sandbox, invalid

ENDPOINTS: Final = 16


def endpoint_create(sandbox: Sandbox, given: Object) -> Object:
    """Only this answer shows the secret."""
    _check_url(given["url"])
    if sum(1 for _ in sandbox.every("webhook_endpoint")) >= ENDPOINTS:
        raise invalid(f"You have reached the maximum of {ENDPOINTS} test webhook endpoints.")
    secret = given.get("_secret") or f"whsec_{sandbox.new_id('', 32)[1:]}"
    endpoint: Object = {
        "id": sandbox.new_id("we"),
        "object": "webhook_endpoint",
        "api_version": given.get("api_version", API_VERSION),
        "application": None,
        "created": sandbox.now,
        "description": given.get("description") or None,
        "enabled_events": given["enabled_events"],
        "livemode": False,
        "metadata": merged_metadata({}, given.get("metadata")),
        "status": "enabled",
        "url": given["url"],
        "_secrets": [{"secret": secret, "until": None}],
    }
    sandbox.add(endpoint)
    return {**endpoint, "secret": secret}


def endpoint_ensure(sandbox: Sandbox, url: str, secret: str) -> Object:
    """The endpoint of the console beside which this runs: every event goes there, signed with this secret."""
    mark = {"console": "yes"}
    asked: Object = {"url": url, "enabled_events": ["*"], "metadata": mark, "_secret": secret}
    for endpoint in sandbox.every("webhook_endpoint"):
        if endpoint["metadata"] == mark:
            return sandbox.update(endpoint, {"url": url, "_secrets": [{"secret": secret, "until": None}]})
    return endpoint_create(sandbox, asked)


def endpoint_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    endpoint = sandbox.get("webhook_endpoint", id_)
    if "url" in given:
        _check_url(given["url"])
    changes: dict[str, Any] = settled(given, endpoint, ("url", "description", "enabled_events"))
    if "disabled" in given:
        changes["status"] = "disabled" if given["disabled"] else "enabled"
    return sandbox.update(endpoint, changes)


def endpoint_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    return deletion(sandbox, sandbox.get("webhook_endpoint", id_), None)


def secret_roll(sandbox: Sandbox, endpoint: Object, seconds: int) -> str:
    """A new secret; the present one goes on signing beside it for so long."""
    until = sandbox.now + seconds
    new = f"whsec_{sandbox.new_id('', 32)[1:]}"
    kept = [{**each, "until": min(each["until"] or until, until)} for each in endpoint["_secrets"]]
    sandbox.update(endpoint, {"_secrets": [{"secret": new, "until": None}, *kept]})
    return new


def signature_of(endpoint: Object, body: str, now: int) -> str:
    """The `Stripe-Signature` of a body: a signature by every secret that is still good."""
    good = [each["secret"] for each in endpoint["_secrets"] if each["until"] is None or each["until"] > now]
    signed = f"{now}.{body}".encode()
    signatures = [f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}" for secret in good]
    return ",".join([f"t={now}", *signatures])


def wants(endpoint: Object, event_type: str) -> bool:
    return endpoint["status"] == "enabled" and bool({"*", event_type} & set(endpoint["enabled_events"]))


def _check_url(url: str) -> None:
    if not url.startswith(("https://", "http://")):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.", param="url", code="url_invalid"
        )
