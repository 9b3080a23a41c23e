"""A person with a workspace for each state of the Billing page, printed as JSON: run beside a server."""

import json
import os
import sys
from datetime import timedelta
from typing import Any, Final

import django

STATES: Final = ("empty", "postpaid", "prepaid", "negative", "frozen", "spent")
DOLLAR: Final = 100_000_000
LONG: Final = "A member whose name goes on and on, as names in some places of the world well may"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from tests.support.seed import seed

    given = seed()
    for state in STATES:
        fill(state)
    json.dump({**given, "states": STATES}, sys.stdout)
    sys.stdout.write("\n")


def fill(state: str) -> None:
    """The workspace of the state's name: what its account is, and what was spent there."""
    from accounts.models import User
    from billing.models import BillingAccount
    from opencode.lib.actor import THE_CONSOLE
    from opencode.lib.clock import utc_now
    from workspaces.services.workspaces import workspace_create

    workspace = workspace_create(owner=User.objects.get(), name=state.capitalize(), actor=THE_CONSOLE)
    account: dict[str, Any] = {
        "empty": {},
        "postpaid": {"monthly_limit": 50 * DOLLAR},
        "prepaid": {"funding": "prepaid", "monthly_limit": 500 * DOLLAR},
        "negative": {"funding": "prepaid", "balance": -3 * DOLLAR},
        "frozen": {"frozen_at": utc_now() - timedelta(days=2)},
        "spent": {"monthly_limit": 3 * DOLLAR},
    }[state]
    BillingAccount.objects.filter(workspace=workspace).update(**account)
    if state in ("prepaid", "postpaid", "spent"):
        spend(workspace, 1 if state == "spent" else 30)


def spend(workspace: Any, requests: int) -> None:
    """Grants, limits, and requests of some days, one of them running."""
    from accounts.models import User
    from billing.services.grants import credit_grant
    from billing.services.reservations import Wanted, reserve
    from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
    from opencode.lib.clock import utc_now
    from workspaces.services.api_keys import api_key_create, api_key_limit_set

    owner = User.objects.get(email="alice@example.com")
    key, _ = api_key_create(workspace=workspace, created_by=owner, name=LONG, scopes=["usage:write"], actor=THE_CONSOLE)
    api_key_limit_set(key=key, monthly_limit=5 * DOLLAR, actor=Actor(PERSON, owner.pk))
    now = utc_now()
    for name, ends_at in (("welcome", None), ("november", now + timedelta(days=9))):
        actor = Actor(THE_CONSOLE.kind, reason=f"A credit for {name}, as it was agreed with the customer on the phone")
        credit_grant(workspace_id=workspace.pk, amount=20 * DOLLAR, grant_id=name, actor=actor, ends_at=ends_at)
    for number in range(requests):
        days = 29 - number if requests > 1 else 0
        record(workspace.pk, f"request-{number}", key.pk, owner.pk, days, cost=3 * DOLLAR // (1 + number // 3))
    if requests > 1:
        priced(workspace.pk, owner.pk)
        wanted = Wanted("running", "f", DOLLAR, "anthropic/claude-sonnet-5", lifetime=timedelta(hours=1))
        reserve(workspace_id=workspace.pk, wanted=wanted, now=now)


def priced(workspace_id: str, member_id: str) -> None:
    """A request that the prices in force explain, and one that none of them does."""
    from billing.ledger.facts import Payer
    from billing.pricing.explain import Request
    from billing.services.usage import UsageItem, usage_parts, usage_record
    from opencode.lib.clock import utc_now

    body = {"input_tokens": 1200, "cache_read_input_tokens": 50_000, "output_tokens": 800}
    for name, model in (("unpriced", f"a-model-of-its-own/{LONG[:60]}"), ("priced", "anthropic/claude-sonnet-4-5")):
        parts = usage_parts(Request("anthropic", body, utc_now(), model))
        item = UsageItem(name, "f", parts, payer=Payer.HOST, member_id=member_id, session_id="ses_7f3a")
        usage_record(workspace_id=workspace_id, items=[item])


def record(workspace_id: str, request_id: str, key_id: str, member_id: str, days: int, cost: int) -> None:
    """A request that the host paid, so many days ago."""
    from billing.ledger.facts import Payer
    from billing.services.usage import UsageItem, usage_record
    from billing.services.work import UsageDetails
    from opencode.lib.clock import utc_now

    now = utc_now() - timedelta(days=days)
    part = UsageDetails("anthropic/claude-sonnet-5", cost)
    item = UsageItem(request_id, "f", (part,), payer=Payer.HOST, key_id=key_id, member_id=member_id)
    usage_record(workspace_id=workspace_id, items=[item], now=now)


if __name__ == "__main__":
    main()
