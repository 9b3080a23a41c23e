"""A workspace in which alerts stand of each kind, with long names, printed as JSON: run beside a server."""

import json
import os
import sys

import django

DOLLAR = 100_000_000
LONG = "A program whose name does not seem to end at all, nor to break anywhere-" + "x" * 8


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from tests.support.seed import seed

    given = seed()
    fill(given["slug"])
    json.dump(given, sys.stdout)
    sys.stdout.write("\n")


def fill(slug: str) -> None:
    """A key's limit is used up, a person's nearly, of the budget half; what is left of the balance is too little."""
    from billing.errors import BalanceInsufficient
    from billing.ledger.facts import Payer
    from billing.models import BillingAccount
    from billing.services.grants import credit_grant
    from billing.services.reservations import Wanted, reserve, settle
    from billing.services.work import UsageDetails
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import APIKey, Membership, Workspace
    from workspaces.services.api_keys import api_key_create

    workspace = Workspace.objects.get(slug=slug)
    owner = Membership.objects.filter(workspace=workspace).order_by("pk")[0]
    key, _ = api_key_create(
        workspace=workspace, created_by=owner.user, name=LONG, scopes=["sync:read"], actor=THE_CONSOLE
    )
    APIKey.objects.filter(pk=key.pk).update(monthly_limit=8 * DOLLAR)
    Membership.objects.filter(pk=owner.pk).update(monthly_limit=10 * DOLLAR)
    credit_grant(workspace_id=workspace.pk, amount=15 * DOLLAR, grant_id="seed", actor=THE_CONSOLE)
    BillingAccount.objects.filter(workspace=workspace).update(monthly_limit=16 * DOLLAR, funding="prepaid")
    who = {"member_id": owner.user_id, "key_id": key.pk}
    reserve(workspace_id=workspace.pk, wanted=Wanted("r1", "f", 8 * DOLLAR, "model", **who))
    parts = [UsageDetails("anthropic/claude-sonnet-5", 8 * DOLLAR)]
    settle(workspace_id=workspace.pk, request_id="r1", usage=parts, payer=Payer.HOST, fingerprint="s")
    try:
        reserve(workspace_id=workspace.pk, wanted=Wanted("r2", "f", 12 * DOLLAR, "model"))
    except BalanceInsufficient:
        return
    raise AssertionError("the balance refuses")


if __name__ == "__main__":
    main()
