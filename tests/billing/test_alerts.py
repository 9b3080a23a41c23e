"""Alerts from the request that calls for one to the mails and events that are sent, each once."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutgoingMail
from accounts.services.mail_delivery import mail_deliver
from billing.errors import BalanceInsufficient, LimitReached
from billing.ledger.facts import Funding, Payer
from billing.models import AlertFiring
from billing.services import alerts
from billing.services.alerts import KEPT, PAUSE, alerts_send
from billing.services.budgets import budget_set
from billing.services.funding import funding_set
from billing.services.work import UsageDetails
from billing.tasks import alerts_purge, alerts_sweep
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.billing.ledger import Spender, failing
from tests.cast import Cast, SignIn, acting
from tests.workspaces.test_staff_acts import supporter
from workspaces.models import APIKey, WebhookDelivery
from workspaces.services.api_keys import api_key_create
from workspaces.services.blocks import workspace_block
from workspaces.services.memberships import membership_change
from workspaces.services.webhook_endpoints import webhook_create
from workspaces.webhooks import EVENTS

pytestmark = pytest.mark.django_db
DOLLAR = 100_000_000


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha, utc_now())


def spend(spender: Spender, request_id: str, cost: int, **who: str) -> None:
    spender.reserve(request_id, cost, **who)
    spender.settle(request_id, cost)


def sent(spender: Spender) -> list[tuple[str, str]]:
    """The recipients and subjects of a sweep's mails."""
    OutgoingMail.objects.all().delete()
    alerts_send(now=spender.now + timedelta(seconds=1))
    return sorted(OutgoingMail.objects.values_list("recipient", "subject"))


def told(spender: Spender) -> list[str]:
    """Whom a sweep mailed."""
    return [recipient.partition("@")[0] for recipient, _ in sent(spender)]


def key(cast: Cast) -> APIKey:
    made, _ = api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="CI", scopes=["usage:write"], actor=acting(cast.carol)
    )
    return made


def test_owners_and_admins_hear_of_the_budget_once(cast: Cast, alpha: Spender) -> None:
    budget_set(workspace_id=cast.alpha.pk, monthly_limit=100, actor=acting(cast.alice))
    spend(alpha, "r1", 49)
    assert sent(alpha) == []
    spend(alpha, "r2", 1)
    subject = "50 % used: the monthly budget of alpha"
    assert sent(alpha) == [("alice@example.com", subject), ("bob@example.com", subject)]
    spend(alpha, "r3", 29)
    assert sent(alpha) == []
    spend(alpha, "r4", 1)
    assert [subject for _, subject in sent(alpha)] == ["80 % used: the monthly budget of alpha"] * 2
    spend(alpha, "r5", 20)
    assert [subject for _, subject in sent(alpha)] == ["Used up: the monthly budget of alpha"] * 2
    assert alerts_send(now=alpha.now + timedelta(days=1)) == 0


def test_jump_mails_the_highest_only(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 90)
    assert {subject for _, subject in sent(alpha)} == {"80 % used: the monthly budget of alpha"}
    states = AlertFiring.objects.order_by("percent").values_list("percent", "state", "due_at")
    assert list(states) == [(50, "superseded", None), (80, "sent", None)]


def test_member_hears_of_their_limit_alone(cast: Cast, alpha: Spender) -> None:
    membership_change(membership=cast.membership(cast.carol), monthly_limit=100, actor=acting(cast.alice))
    spend(alpha, "r1", 50, member_id=cast.carol.pk)
    assert sent(alpha) == [("carol@example.com", "50 % used: your monthly limit in alpha")]


def test_member_who_left_hears_nothing(cast: Cast, alpha: Spender) -> None:
    membership_change(membership=cast.membership(cast.carol), monthly_limit=100, actor=acting(cast.alice))
    spend(alpha, "r1", 50, member_id=cast.carol.pk)
    cast.membership(cast.carol).delete()
    assert sent(alpha) == []


def test_creator_of_a_key_and_admins_hear_of_its_limit(cast: Cast, alpha: Spender) -> None:
    row = key(cast)
    APIKey.objects.update(monthly_limit=100)
    spend(alpha, "r1", 80, key_id=row.pk)
    subject = "80 % used: the monthly limit of the API key CI in alpha"
    assert sent(alpha) == [(f"{name}@example.com", subject) for name in ("alice", "bob", "carol")]


def test_everybody_gets_one_mail_who_is_two_of_them(cast: Cast, alpha: Spender) -> None:
    row = key(cast)
    APIKey.objects.update(monthly_limit=100, user=cast.bob)
    spend(alpha, "r1", 50, key_id=row.pk)
    assert told(alpha) == ["alice", "bob"]


def test_each_month_alerts_anew(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 50)
    assert told(alpha) == ["alice", "bob"]
    alpha.now += timedelta(days=32)
    spend(alpha, "r2", 49)
    assert told(alpha) == []
    spend(alpha, "r3", 1)
    assert told(alpha) == ["alice", "bob"]


def test_limit_that_changes_alerts_anew_and_each_amount_once(cast: Cast, alpha: Spender) -> None:
    def budget(amount: int) -> list[str]:
        budget_set(workspace_id=cast.alpha.pk, monthly_limit=amount, actor=acting(cast.alice))
        alpha.now += timedelta(seconds=1)
        return [subject for _, subject in sent(alpha)]

    budget(100)
    spend(alpha, "r1", 80)
    assert {subject[:4] for _, subject in sent(alpha)} == {"80 %"}
    assert budget(1_000) == []
    assert {subject[:7] for subject in budget(70)} == {"Used up"}
    assert budget(100) == []
    assert {subject[:4] for subject in budget(160)} == {"50 %"}


def test_limit_of_a_member_that_falls_below_what_was_used(cast: Cast, alpha: Spender) -> None:
    spend(alpha, "r1", 85, member_id=cast.carol.pk)
    membership_change(membership=cast.membership(cast.carol), monthly_limit=100, actor=acting(cast.alice))
    assert sent(alpha) == [("carol@example.com", "80 % used: your monthly limit in alpha")]


def test_refused_request_alerts_once_half_of_the_limit_is_used(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    for used in (0, 40):
        spend(alpha, f"r{used}", used)
        with pytest.raises(LimitReached):
            alpha.reserve(f"big-{used}", 101)
        assert told(alpha) == []
    spend(alpha, "r2", 25)
    for number in range(2):
        with pytest.raises(LimitReached):
            alpha.reserve(f"bigger-{number}", 40)
    assert sent(alpha)[0] == ("alice@example.com", "A request was refused by the monthly budget of alpha")
    with pytest.raises(LimitReached):
        alpha.reserve("another", 90)
    assert sent(alpha) == []


def test_balance_alerts_until_it_is_credited_again(cast: Cast, alpha: Spender) -> None:
    alpha.grant(100, "one")
    funding_set(workspace_id=cast.alpha.pk, funding=Funding.PREPAID, actor=THE_CONSOLE)
    spend(alpha, "r1", 50)
    assert sent(alpha)[0] == ("alice@example.com", "50 % used: the balance of alpha")
    with pytest.raises(BalanceInsufficient):
        alpha.reserve("r2", 51)
    assert sent(alpha)[0] == ("alice@example.com", "A request was refused by the balance of alpha")
    alpha.grant(50, "two")
    spend(alpha, "r3", 50)
    assert sent(alpha)[0] == ("alice@example.com", "50 % used: the balance of alpha")


def test_host_hears_of_what_it_carries_once_a_day(cast: Cast, alpha: Spender) -> None:
    supporter()
    for number in range(2):
        alpha.reserve(f"r{number}", 10)
        alpha.settle(f"r{number}", 17)
    subject = "The host carries a cost in alpha"
    assert sent(alpha) == [(f"{name}@example.com", subject) for name in ("alice", "bob", "sue")]
    alpha.now += timedelta(days=1)
    alpha.record("r3", 5, payer=Payer.HOST)
    alpha.set(monthly_limit=0)
    alpha.record("r4", 5, payer=Payer.OWN)
    assert told(alpha) == []


def test_quarantined_usage_alerts_the_workspace_and_those_who_can_release_it(cast: Cast, alpha: Spender) -> None:
    supporter()
    for number in range(2):
        alpha.record(f"r{number}", parts=(UsageDetails("model", 0, quarantined="count_negative"),))
    assert told(alpha) == ["alice", "bob", "sue"]


def test_webhooks_are_told_with_what_the_documents_say(cast: Cast, alpha: Spender) -> None:
    webhook_create(workspace=cast.alpha, url="https://example.com/", events=list(EVENTS), actor=acting(cast.alice))
    membership_change(membership=cast.membership(cast.carol), monthly_limit=100, actor=acting(cast.alice))
    alpha.grant(200)
    alpha.set(monthly_limit=160, funding="prepaid")
    spend(alpha, "r1", 80, member_id=cast.carol.pk)
    alpha.reserve("r2", 20)
    alpha.settle("r2", 25)
    alpha.record("r3", parts=(UsageDetails("model", 0, quarantined="count_negative"),))
    alerts_send(now=alpha.now)
    bodies = [json.loads(body) for body in WebhookDelivery.objects.values_list("body", flat=True)]
    data = {body["type"]: body["data"] for body in bodies}
    month_ends = data["budget.threshold_reached"].pop("resets_at")
    assert datetime.fromisoformat(month_ends) > alpha.now
    assert data["budget.threshold_reached"] == {
        "percent": 50,
        "is_refused": False,
        "used_micro_cents": 80,
        "limit_micro_cents": 160,
    }
    assert data["limit.threshold_reached"] == {
        "percent": 80,
        "is_refused": False,
        "used_micro_cents": 80,
        "limit_micro_cents": 100,
        "resets_at": month_ends,
        "bound": "member",
        "id": cast.carol.pk,
    }
    assert data["balance.threshold_reached"] == {
        "percent": 50,
        "is_refused": False,
        "balance_micro_cents": 100,
        "credited_micro_cents": 200,
    }
    assert data["usage.carried"] == {"at": alpha.now.isoformat(), "micro_cents": 5}
    assert data["usage.quarantined"] == {"at": alpha.now.isoformat()}


def test_request_that_is_rolled_back_alerts_nobody(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    alpha.reserve("r1", 90)
    with pytest.raises(DatabaseError), failing("INSERT INTO billing_alertfiring"):
        alpha.settle("r1", 90)
    assert (alpha.account.month_used, AlertFiring.objects.count()) == (0, 0)
    alpha.settle("r1", 90)
    assert told(alpha) == ["alice", "bob"]


def test_settlement_below_half_of_everything_writes_no_alert(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 40)
    alpha.reserve("r2", 9)
    with CaptureQueriesContext(connection) as below:
        alpha.settle("r2", 9)
    assert [query for query in below.captured_queries if "alertfiring" in query["sql"]] == []
    alpha.reserve("r3", 1)
    with CaptureQueriesContext(connection) as at_half:
        alpha.settle("r3", 1)
    assert len(at_half) == len(below) + 1


def test_alert_that_cannot_be_sent_is_whole_or_nothing_and_tried_again(
    cast: Cast, alpha: Spender, monkeypatch: pytest.MonkeyPatch
) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 50)
    with monkeypatch.context() as patch:
        patch.setattr(alerts, "webhook_event", lambda **_event: 1 / 0)
        assert sent(alpha) == []
    assert told(alpha) == []
    alpha.now += PAUSE
    assert told(alpha) == ["alice", "bob"]


@pytest.mark.servers
@pytest.mark.django_db(transaction=True)
def test_workers_that_sweep_at_once_send_each_alert_once(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 50)
    started = threading.Barrier(4)

    def sweep(_number: int) -> int:
        started.wait(30)
        try:
            return alerts_send(now=alpha.now + timedelta(seconds=1))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(sweep, range(4))) == 1
    assert OutgoingMail.objects.count() == 2


def test_alert_of_a_blocked_workspace_is_dropped(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 50)
    workspace_block(workspace=cast.alpha, actor=THE_CONSOLE)
    assert sent(alpha) == []
    assert AlertFiring.objects.get().state == AlertFiring.State.DROPPED


def test_mail_says_how_much_is_left_and_until_when(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=10 * DOLLAR)
    spend(alpha, "r1", 8 * DOLLAR)
    alerts_sweep()
    mail_deliver(mail_id=OutgoingMail.objects.get(recipient="bob@example.com").pk, now=utc_now())
    text = " ".join(str(mail.outbox[0].body).split())
    assert "$8.00 of $10.00 are used this month, $2.00 are left. The next month begins on" in text
    assert "/workspaces/alpha/usage/" in text


def test_old_alerts_are_purged(cast: Cast, alpha: Spender) -> None:
    alpha.set(monthly_limit=100)
    spend(alpha, "r1", 50)
    alerts_purge()
    assert AlertFiring.objects.count() == 1
    AlertFiring.objects.update(at=utc_now() - KEPT - timedelta(days=1))
    alerts_purge()
    assert AlertFiring.objects.count() == 0


def test_usage_page_shows_what_stands(cast: Cast, alpha: Spender, sign_in: SignIn) -> None:
    membership_change(membership=cast.membership(cast.carol), monthly_limit=100, actor=acting(cast.alice))
    alpha.set(monthly_limit=160)
    spend(alpha, "r1", 90, member_id=cast.carol.pk)

    def lines(user: Any) -> list[tuple[str, str, int]]:
        shown = sign_in(user).get("/workspaces/alpha/usage/").context["alerts"]
        return [(line.about, line.name, line.percent) for line in shown]

    assert lines(cast.alice) == [("member", "Carol", 80), ("workspace", "", 50)]
    billing = sign_in(cast.bob).get("/workspaces/alpha/billing/").content.decode()
    assert "50 % used of the monthly budget, $0.0000009 of $0.0000016" in " ".join(billing.split())
    assert lines(cast.carol) == [("member", "Carol", 80)]
    membership_change(membership=cast.membership(cast.carol), monthly_limit=1_000, actor=acting(cast.alice))
    assert lines(cast.carol) == []
