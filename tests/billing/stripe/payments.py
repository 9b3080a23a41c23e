"""A console that is paid through the stand-in, in this process: tops up, pays, and takes the events as a test says."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from billing.models import BillingAccount, LedgerEntry, StripeEvent, TopUp
from billing.selectors.verification import account_verify
from billing.standin.objects.webhooks import endpoint_ensure, signature_of
from billing.standin.web.switches import switch
from billing.stripe.inbox import event_receive
from billing.stripe.sweeping import payments_sweep
from billing.stripe.topups import top_up_begin
from tests.billing.ledger import Spender
from tests.cast import owner_acting
from tests.support.standin import World
from workspaces.models import Workspace

CENT = 1_000_000
SECRET = "whsec_of_the_test"


class Paying(World):
    """The stand-in, and one workspace's payments through it."""

    MINUTE = timedelta(minutes=1)

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.begin_anew()

    def begin_anew(self) -> None:
        """Another sandbox, in which nothing has happened."""
        super().__init__()
        self.endpoint = endpoint_ensure(self.sandbox, "http://console.test/webhooks/stripe", SECRET)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.sandbox.now, UTC)

    @property
    def account(self) -> BillingAccount:
        return BillingAccount.objects.get(workspace_id=self.workspace.pk)

    @property
    def balance(self) -> int:
        """In cents."""
        return self.account.balance // CENT

    @property
    def entries(self) -> list[tuple[str, int]]:
        """The ledger, as sources and cents."""
        rows = LedgerEntry.objects.filter(account_id=self.account.pk).order_by("seq")
        return [(row.source, row.amount // CENT) for row in rows]

    def begin(self, cents: int = 2_000) -> TopUp:
        actor = owner_acting(self.workspace)
        self.url = top_up_begin(workspace=self.workspace, actor=actor, cents=cents, now=self.now)
        return TopUp.objects.latest("pk")

    def pay(self, top_up: TopUp, card: str = "pm_card_visa") -> None:
        """Pay on the page, as somebody there does."""
        assert self.try_to_pay(top_up, card) in (200, 402)

    def try_to_pay(self, top_up: TopUp, card: str) -> int:
        """The status of the answer; a page on which nothing can be paid any more refuses."""
        top_up.refresh_from_db()
        method = self.api.payment_methods.create({"type": "card", "card": {"token": card.replace("pm_card", "tok")}})
        page = f"/v1/payment_pages/{top_up.session_id}/confirm"
        return self.send("POST", page, f"payment_method={method.id}").status

    def paid(self, cents: int = 2_000, card: str = "pm_card_visa") -> TopUp:
        """A top-up that was begun, paid and credited."""
        top_up = self.begin(cents)
        self.pay(top_up, card)
        self.hear()
        top_up.refresh_from_db()
        return top_up

    def refund(self, top_up: TopUp, cents: int) -> None:
        top_up.refresh_from_db()
        self.api.refunds.create({"charge": top_up.charge_id, "amount": cents})

    def open_dispute(self, top_up: TopUp) -> None:
        """The holder of the card tells the bank that the payment was not theirs."""
        top_up.refresh_from_db()
        switch(self.sandbox, "/admin/disputes", json.dumps({"charge": top_up.charge_id}))

    def spend(self, cents: int, request_id: str = "a request") -> None:
        """A request that costs so much."""
        spender = Spender(self.workspace, self.now)
        spender.reserve(request_id, cents * CENT)
        spender.settle(request_id, cents * CENT)

    @property
    def told(self) -> list[dict[str, Any]]:
        """All events so far, in the order in which they happened."""
        return list(self.sandbox.records.get("event", {}).values())

    def hear(self, events: Iterable[dict[str, Any]] | None = None) -> None:
        """Take these events, or all that have happened, and work them off."""
        for event in self.told if events is None else events:
            event_receive(json.dumps(event).encode(), now=self.now)
        self.work()

    def work(self, ahead: timedelta = timedelta()) -> None:
        """What the worker does every few seconds."""
        payments_sweep(now=self.now + ahead)

    def post(self, body: str, secret: str = SECRET, at: datetime | None = None) -> int:
        """Send a body to the console's address for events, signed; returns the answer's status."""
        endpoint = {"_secrets": [{"secret": secret, "until": None}]}
        signed = signature_of(endpoint, body, int((at or datetime.now(UTC)).timestamp()))
        headers = {"Stripe-Signature": signed}
        sent = Client().post("/webhooks/stripe", body, content_type="application/json", headers=headers)
        return sent.status_code

    def fault(self, match: str, fault: str = "error_before", times: int = 1) -> None:
        """Have the next requests like `POST /v1/refunds` go wrong."""
        switch(self.sandbox, "/admin/faults", json.dumps({"fault": fault, "match": match, "times": times}))

    def switch_faults_off(self) -> None:
        switch(self.sandbox, "/admin/faults/clear", "{}")

    def waiting(self) -> int:
        """Events that are still to be worked off."""
        return StripeEvent.objects.exclude(due_at=None).count()

    def adds_up(self) -> bool:
        assert account_verify(self.account.pk) == []
        return True
