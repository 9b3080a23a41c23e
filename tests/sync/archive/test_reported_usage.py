"""What synced messages say they cost: by their own day, person and model; corrected, never lowered by a deletion."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from billing.models import BillingAccount, ReportedMessage, UsageRollup
from billing.services import reported as billing_reported
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from sync.archive import reported_roll_up_due, session_cool, session_erase, session_report
from sync.archive.reported import recording
from sync.archive.reported.sweep import MARK, RETRY
from sync.models import RemovedMessage, Session
from sync.protocol.reported import reported_cost
from tests.cast import Cast
from tests.support.messages import DAY, NOON, assistant, send, session_in
from tests.support.storages import AWAY, keep_snapshots_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
HALF = 50_000_000
FIRST = date(2026, 11, 22)
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def roll_up() -> None:
    assert reported_roll_up_due(now=utc_now()).failed == 0


def rollups(cast: Cast) -> list[tuple[date, str, str, int, int]]:
    rows = UsageRollup.objects.filter(account__workspace=cast.alpha, source="reported").order_by("day", "model")
    return list(rows.values_list("day", "model", "member_id", "requests", "cost"))


def total(cast: Cast) -> int:
    return sum(cost for *_, cost in rollups(cast))


def test_costs_are_rolled_up_by_the_messages_own_day_member_and_model(cast: Cast) -> None:
    carols = session_in(cast.alpha, created_by=cast.carol)
    send(carols, msg_1=assistant(), msg_2=assistant(0.25, NOON + 5), msg_3=assistant(1, NOON + DAY))
    send(session_in(cast.alpha, "ses_2", created_by=cast.bob), msg_1=assistant(2, modelID="claude-opus-5"))
    roll_up()
    assert rollups(cast) == [
        (FIRST, "anthropic/claude-opus-5", cast.bob.pk, 1, 4 * HALF),
        (FIRST, "anthropic/claude-sonnet-5", cast.carol.pk, 2, HALF + HALF // 2),
        (FIRST + timedelta(days=1), "anthropic/claude-sonnet-5", cast.carol.pk, 1, 2 * HALF),
    ]


def test_tokens_are_rolled_up_by_class(cast: Cast) -> None:
    send(session_in(cast.alpha), msg_1=assistant(), msg_2=assistant(created=NOON + 1))
    roll_up()
    row = UsageRollup.objects.get()
    assert (row.input, row.output, row.reasoning, row.cache_read, row.cache_write_5m) == (200, 40, 10, 14, 6)


def test_nothing_of_it_is_billed(cast: Cast) -> None:
    send(session_in(cast.alpha), msg_1=assistant())
    roll_up()
    account = BillingAccount.objects.get(workspace=cast.alpha)
    row = UsageRollup.objects.get()
    assert (account.balance, account.month_used, account.entry_seq) == (0, 0, 0)
    assert (row.charged, row.carried) == (0, 0)


def test_message_sent_again_counts_once(cast: Cast) -> None:
    session = session_in(cast.alpha)
    for _ in range(2):
        send(session, msg_1=assistant(tokens={"input": 1}), msg_2=assistant(0.1, NOON + 2))
        send(session, msg_1=assistant())
        roll_up()
    assert total(cast) == HALF + HALF // 5
    assert ReportedMessage.objects.count() == 2


@pytest.mark.parametrize(("later", "expected"), [(0.75, 75_000_000), (0.1, 10_000_000), (0, 0)])
def test_changed_cost_corrects_the_sum_on_its_day(cast: Cast, later: float, expected: int) -> None:
    session = session_in(cast.alpha, created_by=cast.carol)
    send(session, msg_1=assistant())
    roll_up()
    send(session, msg_1=assistant(later, tokens={}))
    roll_up()
    assert rollups(cast)[0][4] == expected
    assert UsageRollup.objects.get().input == 0


def test_correction_stays_with_the_first_person_and_moves_to_another_day(cast: Cast) -> None:
    session = session_in(cast.alpha, created_by=cast.carol)
    send(session, msg_1=assistant())
    roll_up()
    Session.objects.update(created_by=None)
    send(session, msg_1=assistant(0.5, NOON - DAY))
    roll_up()
    assert [(day, member, cost) for day, _, member, _, cost in rollups(cast)] == [
        (FIRST - timedelta(days=1), cast.carol.pk, HALF),
        (FIRST, cast.carol.pk, 0),
    ]


def test_removed_message_lowers_nothing(cast: Cast) -> None:
    session = session_in(cast.alpha)
    send(session, msg_1=assistant(), msg_2=assistant(0.5, NOON + 2))
    roll_up()
    send(session, msg_1=None)
    roll_up()
    assert total(cast) == 2 * HALF
    assert RemovedMessage.objects.count() == 0


def test_message_removed_before_it_was_rolled_up_was_spent_all_the_same(cast: Cast) -> None:
    session = session_in(cast.alpha)
    send(session, msg_1=assistant())
    send(session, msg_1=None)
    roll_up()
    assert total(cast) == HALF
    assert RemovedMessage.objects.count() == 0


def test_message_sent_anew_after_its_removal_counts_once(cast: Cast) -> None:
    session = session_in(cast.alpha)
    for content in (assistant(), None, assistant()):
        send(session, msg_1=content)
        roll_up()
    assert total(cast) == HALF


def test_erased_session_lowers_nothing_even_before_it_was_rolled_up(cast: Cast) -> None:
    session = session_in(cast.alpha)
    send(session, msg_1=assistant())
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert total(cast) == HALF
    again = session_in(cast.alpha)
    send(again, msg_1=assistant(), msg_2=assistant(0.5, NOON + 2))
    roll_up()
    assert total(cast) == 2 * HALF


def test_fork_of_a_session_counts_only_what_is_new(cast: Cast) -> None:
    send(session_in(cast.alpha, created_by=cast.carol), msg_1=assistant(), msg_2=assistant(0.5, NOON + 2))
    fork = session_in(cast.alpha, "ses_fork", created_by=cast.bob)
    send(fork, msg_8=assistant(), msg_9=assistant(0.5, NOON + 2), msg_10=assistant(0.5, NOON + 9))
    roll_up()
    assert total(cast) == 3 * HALF
    assert ReportedMessage.objects.filter(is_copy=True).count() == 2


def test_copies_in_another_workspace_are_its_own(cast: Cast) -> None:
    send(session_in(cast.alpha), msg_1=assistant())
    send(session_in(cast.gamma, "ses_2"), msg_1=assistant())
    roll_up()
    assert list(UsageRollup.objects.values_list("cost", flat=True)) == [HALF, HALF]


def test_costs_that_cannot_be_are_counted_and_add_nothing(cast: Cast) -> None:
    send(session_in(cast.alpha), msg_1=assistant(-5), msg_2=assistant(1e30), msg_3=assistant(0.5, NOON + 1))
    roll_up()
    row = UsageRollup.objects.get()
    assert (row.requests, row.quarantined, row.cost) == (3, 2, HALF)
    send(session_in(cast.alpha, "ses_2"), msg_1=assistant(created=1))
    roll_up()
    assert sum(UsageRollup.objects.values_list("quarantined", flat=True)) == 3


def test_cost_that_came_right_is_no_longer_left_out(cast: Cast) -> None:
    session = session_in(cast.alpha)
    for cost in (-5, 0.5):
        send(session, msg_1=assistant(cost))
        roll_up()
    row = UsageRollup.objects.get()
    assert (row.requests, row.quarantined, row.cost) == (1, 0, HALF)


def test_session_without_a_workspace_reports_to_nobody(cast: Cast) -> None:
    session = Session.objects.create(client_id="ses_1", owner_key="nobody")
    send(session, msg_1=assistant())
    roll_up()
    assert not ReportedMessage.objects.exists()
    assert not MARK.rows(now=utc_now()).exists()


def test_updates_without_a_cost_make_nothing_due(cast: Cast) -> None:
    send(session_in(cast.alpha), msg_1={"role": "user"}, msg_2=assistant(0, tokens={"input": 0}))
    assert not Session.objects.exclude(reported_due_at=None).exists()


def test_cost_that_comes_while_the_session_is_rolled_up_stays_due(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_in(cast.alpha)
    send(session, msg_1=assistant())
    record = billing_reported.reported_record

    def record_and_send(**values: Any) -> Any:
        monkeypatch.setattr(recording, "reported_record", record)
        counts = record(**values)
        transaction.on_commit(lambda: send(session, msg_2=assistant(0.5, NOON + 2)))
        return counts

    monkeypatch.setattr(recording, "reported_record", record_and_send)
    roll_up()
    assert total(cast) == HALF
    roll_up()
    assert total(cast) == 2 * HALF


def test_worker_that_was_overtaken_writes_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_in(cast.alpha)
    send(session, msg_1=assistant())
    read = reported_cost

    def read_slowly(content: str, *, now: datetime) -> Any:
        monkeypatch.setattr(recording, "reported_cost", read)
        send(session, msg_1=assistant(0.75))
        session_report(session_id=session.pk, now=NOW)
        return read(content, now=now)

    monkeypatch.setattr(recording, "reported_cost", read_slowly)
    session_report(session_id=session.pk, now=NOW)
    assert total(cast) == 75_000_000


def test_long_session_is_rolled_up_in_pieces(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.archive.reported.reading.PIECE_MESSAGES", 3)
    session = session_in(cast.alpha)
    send(session, **{f"msg_{number}": assistant(0.5, NOON + number) for number in range(10)})
    roll_up()
    session.refresh_from_db()
    assert (total(cast), session.reported_seq) == (10 * HALF, session.head_seq)


def test_cold_session_is_read_from_its_snapshot_and_stays_cold(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.archive.reported.reading.PIECE_MESSAGES", 3)
    session = session_in(cast.alpha)
    send(session, **{f"msg_{number}": assistant(0.5, NOON + number) for number in range(10)})
    send(session, msg_0=None)
    session_cool(session_id=session.pk)
    roll_up()
    session.refresh_from_db()
    assert total(cast) == 10 * HALF
    assert session.cold_at is not None
    assert (session.reported_seq, session.reported_due_at) == (session.head_seq, None)


def test_failure_stops_no_other_session_and_is_tried_again(cast: Cast, settings: Any, objects: Path) -> None:
    cold, warm = session_in(cast.alpha), session_in(cast.alpha, "ses_2")
    send(cold, msg_1=assistant())
    session_cool(session_id=cold.pk)
    send(warm, msg_1=assistant(0.5, NOON + 1))
    stored = settings.STORAGES["snapshots"]
    keep_snapshots_in(settings, AWAY)
    now = utc_now()
    assert reported_roll_up_due(now=now) == (1, 1)
    assert total(cast) == HALF
    keep_snapshots_in(settings, stored)
    assert reported_roll_up_due(now=now) == (0, 0)
    assert reported_roll_up_due(now=now + RETRY) == (1, 0)
    assert total(cast) == 2 * HALF


def test_unreadable_cold_session_can_be_erased(cast: Cast, settings: Any) -> None:
    session = session_in(cast.alpha)
    send(session, msg_1=assistant())
    session_cool(session_id=session.pk)
    keep_snapshots_in(settings, AWAY)
    assert session_erase(session_id=session.pk, actor=THE_CONSOLE) is not None


def test_rollups_are_the_sum_of_their_messages(cast: Cast) -> None:
    session = session_in(cast.alpha, created_by=cast.carol)
    for step in range(6):
        send(session, **{f"msg_{n}": assistant(0.1 * ((step * 7 + n) % 5), NOON + n * DAY // 2) for n in range(5)})
        send(session, **{f"msg_{step}": None})
        roll_up()
    parts = ReportedMessage.objects.filter(is_copy=False)
    assert total(cast) == sum(parts.values_list("cost", flat=True))
    assert sum(count for *_, count, _ in rollups(cast)) == parts.count()
