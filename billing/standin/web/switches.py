"""What only tests and demonstrations do: faults, time, secrets, disputes and debits at will; JSON, by the API key."""

import json
from collections.abc import Callable
from typing import Any, Final

from billing.standin.objects.disputes import dispute_decide, dispute_open
from billing.standin.objects.following import catch_up
from billing.standin.objects.webhooks import secret_roll
from billing.standin.sandbox import Object, Sandbox, StripeRefusal, invalid, shown
from billing.standin.service import perform
from billing.standin.service.faults import fault_switch, faults_clear

YEAR: Final = 366 * 86_400


def switch(sandbox: Sandbox, path: str, body: str) -> Object:
    """Answer `POST /admin/<name>`. Raises StripeRefusal."""
    act = SWITCHES.get(path.removeprefix("/admin/"))
    if act is None:
        raise StripeRefusal(f"Unknown switch. There are: {', '.join(SWITCHES)}.", status=404)
    try:
        given = json.loads(body or "{}")
    except (ValueError, RecursionError) as error:
        raise invalid("The body is no JSON.") from error
    if not isinstance(given, dict):
        raise invalid("The body is no JSON object.")
    done: Object = shown(perform(sandbox, lambda: act(sandbox, given)))
    return done


def _fault(sandbox: Sandbox, given: Object) -> Object:
    return fault_switch(sandbox, given)


def _clear(sandbox: Sandbox, given: Object) -> Object:
    return {"cleared": faults_clear(sandbox)}


def _advance(sandbox: Sandbox, given: Object) -> Object:
    """Move the whole sandbox ahead, and do what becomes due."""
    sandbox.advance(_integer(given, "seconds", 1, YEAR))
    catch_up(sandbox)
    return {"now": sandbox.now}


def _tax(sandbox: Sandbox, given: Object) -> Object:
    """The rate of tax where `automatic_tax` is on, in whole percent."""
    sandbox.settings["tax_percent"] = _integer(given, "percent", 0, 100)
    sandbox.save(sandbox.settings)
    return {"percent": sandbox.settings["tax_percent"]}


def _roll(sandbox: Sandbox, given: Object) -> Object:
    """Give a webhook endpoint another secret; the present one signs too for `seconds`."""
    endpoint = sandbox.get("webhook_endpoint", str(given.get("endpoint")), "endpoint")
    return {"secret": secret_roll(sandbox, endpoint, _integer(given, "seconds", 0, YEAR, 86_400))}


def _dispute(sandbox: Sandbox, given: Object) -> Object:
    """Open a dispute about any charge."""
    charge = sandbox.get("charge", str(given.get("charge")), "charge")
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise invalid("This charge cannot be disputed.", param="charge")
    return dispute_open(sandbox, charge, str(given.get("reason", "fraudulent"))[:50])


def _decide(sandbox: Sandbox, given: Object) -> Object:
    """Decide a dispute: `{"dispute", "won": true}`."""
    dispute = sandbox.get("dispute", str(given.get("dispute")), "dispute")
    dispute_decide(sandbox, dispute, is_won=given.get("won") is True)
    return dispute


def _integer(given: Object, name: str, least: int, most: int, default: int | None = None) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise invalid(f"Invalid {name}: must be an integer from {least} to {most}", param=name)
    return value


SWITCHES: Final[dict[str, Callable[[Sandbox, Any], Object]]] = {
    "faults": _fault,
    "faults/clear": _clear,
    "advance": _advance,
    "tax": _tax,
    "webhook_secret": _roll,
    "disputes": _dispute,
    "disputes/decide": _decide,
}
