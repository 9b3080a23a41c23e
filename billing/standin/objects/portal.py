"""The billing portal: its configurations, and sessions whose page a customer uses."""

from typing import Any

from billing.standin.objects.changes import merged_metadata, settled
from billing.standin.sandbox import Object, Sandbox


def configuration_create(sandbox: Sandbox, given: Object) -> Object:
    configuration: Object = {
        "id": sandbox.new_id("bpc"),
        "object": "billing_portal.configuration",
        "active": True,
        "application": None,
        "business_profile": {"headline": None, "privacy_policy_url": None, "terms_of_service_url": None},
        "created": sandbox.now,
        "default_return_url": given.get("default_return_url"),
        "features": given["features"],
        "is_default": not any(True for _ in sandbox.every("billing_portal.configuration")),
        "livemode": False,
        "login_page": {"enabled": False, "url": None},
        "metadata": merged_metadata({}, given.get("metadata")),
        "name": given.get("name"),
        "updated": sandbox.now,
    }
    configuration["business_profile"] |= given.get("business_profile") or {}
    sandbox.add(configuration)
    sandbox.emit("billing_portal.configuration.created", configuration)
    return configuration


def configuration_update(sandbox: Sandbox, given: Object, id_: str) -> Object:
    configuration = sandbox.get("billing_portal.configuration", id_)
    changes: dict[str, Any] = settled(given, configuration, ("active", "default_return_url", "name"))
    changes["features"] = {**configuration["features"], **given.get("features", {})}
    return sandbox.update(configuration, changes, "billing_portal.configuration.updated")


def portal_create(sandbox: Sandbox, given: Object) -> Object:
    customer = sandbox.get("customer", given.get("customer", ""), "customer")
    if given.get("configuration"):
        configuration = sandbox.get("billing_portal.configuration", given["configuration"], "configuration")
    else:
        present = list(sandbox.every("billing_portal.configuration"))
        configuration = present[-1] if present else configuration_create(sandbox, {"features": {}})
    secret = sandbox.new_id("test", 40)
    session: Object = {
        "id": sandbox.new_id("bps"),
        "object": "billing_portal.session",
        "configuration": configuration["id"],
        "created": sandbox.now,
        "customer": customer["id"],
        "flow": given.get("flow_data"),
        "livemode": False,
        "locale": given.get("locale"),
        "on_behalf_of": None,
        "return_url": given.get("return_url") or configuration["default_return_url"],
        "url": f"{sandbox.base_url}/portal/{secret}",
        "_secret": secret,
    }
    sandbox.add(session)
    sandbox.emit("billing_portal.session.created", session)
    return session
