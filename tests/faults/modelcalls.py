"""What model calls need and leave behind, in a process beside a server: `python -m tests.faults.modelcalls <act> …`.

Each act prints one line of JSON.
"""

import json
import os
import sys
from datetime import timedelta
from typing import Any

import django

DOLLAR = 100_000_000


def prepare(url: str, limit: str) -> dict[str, Any]:
    """A model at a provider, a key that may call it, and a monthly limit in micro-cents, or none."""
    from billing.services.budgets import budget_set
    from opencode.lib.actor import THE_CONSOLE
    from tests.support.models import add_credential, add_model
    from tests.support.seed import seed
    from workspaces.models import Workspace
    from workspaces.services.api_keys import api_key_create

    seed()
    workspace = Workspace.objects.get()
    owner = workspace.memberships.get().user
    _, key = api_key_create(workspace=workspace, created_by=owner, name="m", scopes=["models"], actor=THE_CONSOLE)
    if int(limit):
        budget_set(workspace_id=workspace.pk, monthly_limit=int(limit), actor=THE_CONSOLE)
    forms = ["chat", "messages"]
    add_model(slug="tested", kind="openai", price_name="openai/gpt-5", upstream_name="up", forms=forms)
    add_credential(kind="openai", base_url=url, forms=forms)
    return {"workspace": workspace.pk, "key": key}


def audit() -> dict[str, Any]:
    """What was charged, what is still held once dead processes are given up, and what the ledger's check finds."""
    from billing.ledger.facts import State
    from billing.models import BillingAccount, Reservation, Usage
    from billing.selectors.verification import account_verify
    from billing.services.expiry import SILENT, processes_bury
    from opencode.lib.clock import utc_now

    account = BillingAccount.objects.get()
    held = Reservation.objects.filter(state=State.OPEN.value).count()
    processes_bury(now=utc_now() + SILENT + timedelta(seconds=1))
    account.refresh_from_db()
    rows = Usage.objects.values_list("cost", "charged", "is_estimated", "was_expired")
    return {
        "held": held,
        "reserved": account.reserved,
        "charged": sum(charged for _, charged, _, _ in rows),
        "costs": [cost for cost, _, _, _ in rows],
        "estimated": sum(estimated for _, _, estimated, _ in rows),
        "problems": [str(problem) for problem in account_verify(account.pk)],
    }


def costs() -> list[int]:
    """What was charged so far."""
    from billing.models import Usage

    return list(Usage.objects.order_by("pk").values_list("cost", flat=True))


ACTS: dict[str, Any] = {"prepare": prepare, "audit": audit, "costs": costs}


def main(act: str, *arguments: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    json.dump(ACTS[act](*arguments), sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
