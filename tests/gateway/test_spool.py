"""What calls used outlives the database being away, and the process being killed."""

from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from billing.errors import LedgerUnavailable
from billing.ledger.facts import Payer
from billing.models import Usage
from billing.services.expiry import reservations_expire
from billing.services.reservations import LIFETIME, Wanted, reserve
from billing.services.work import UsageDetails
from gateway.spool.files import RENEWED_BYTES, Due, SpoolFile, left_spools, spool_writable
from gateway.spool.recovery import spools_recover
from opencode.lib.clock import utc_now
from tests.cast import Cast
from tests.support.gateway import Console, until
from tests.support.providers import Provider


def due(request_id: str = "req_a", workspace_id: str = "wrk_1", cost: int = 7) -> Due:
    return Due(workspace_id, request_id, (UsageDetails("m", cost),), Payer.HOST.value, "print")


def left(folder: Path) -> list[list[Due]]:
    found = []
    for each in left_spools(folder):
        with each as waiting:
            found.append(waiting)
    return found


def test_spool_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path)
    spool.add(due())
    assert left(tmp_path) == []
    spool.close()
    assert left(tmp_path) == [[due()]]


def test_what_is_done_is_not_due_and_an_empty_spool_goes(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path)
    spool.add(due())
    spool.add(due("req_b"))
    spool.done("req_a")
    assert list(spool.due) == ["req_b"]
    spool.done("req_b")
    spool.close()
    assert list(tmp_path.iterdir()) == []


def test_line_that_was_cut_off_was_never_kept(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path)
    spool.add(due())
    spool.add(due("req_b"))
    spool.close()
    spool.path.write_bytes(spool.path.read_bytes()[:-20])
    assert left(tmp_path) == [[due()]]


def test_spool_does_not_grow_for_ever(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path)
    spool.add(due("req_stays"))
    for number in range(RENEWED_BYTES // 200):
        spool.add(due(f"req_{number}"))
        spool.done(f"req_{number}")
    assert spool.path.stat().st_size < RENEWED_BYTES + 1_000
    assert left(tmp_path) == []
    spool.close()
    assert left(tmp_path) == [[due("req_stays")]]


def test_folder_that_cannot_be_written_to_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert spool_writable(tmp_path / "new")
    assert not spool_writable(tmp_path / "file")


@pytest.mark.django_db
@pytest.mark.parametrize("is_expired", [False, True])
def test_left_spool_is_settled_once(cast: Cast, tmp_path: Path, is_expired: bool) -> None:
    wanted = Wanted("req_a", "body", 10, "m", member_id=cast.carol.pk)
    reserve(workspace_id=cast.alpha.pk, wanted=wanted)
    spool = SpoolFile(tmp_path)
    spool.add(due(workspace_id=cast.alpha.pk))
    spool.close()
    copy = spool.path.read_bytes()
    reservations_expire(now=utc_now() + (LIFETIME * 2 if is_expired else -LIFETIME))
    assert spools_recover(tmp_path) == 1
    row = Usage.objects.get()
    assert (row.cost, row.was_expired) == (7, is_expired)
    spool.path.write_bytes(copy)
    assert spools_recover(tmp_path) == 1
    assert Usage.objects.count() == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.django_db
def test_spool_of_a_workspace_that_is_gone_is_dropped(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path)
    spool.add(due(workspace_id="wrk_gone"))
    spool.close()
    assert spools_recover(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [LedgerUnavailable, OperationalError])
async def test_answer_ends_though_the_database_is_away_and_is_settled_when_it_is_back(
    console: Console, provider: Provider, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    async def away(**_call: Any) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr("gateway.relay.settling.asettle", away)
        answer = await console.call("chat")
        assert answer.is_whole
        assert await console.usage() == []
        patched.setattr("gateway.relay.reserving.areserve", away)
        refused = await console.call("chat")
    assert (refused.status, refused.headers["x-oc-code"]) == (503, "ledger_unavailable")
    assert len(provider.requests) == 1
    (row,) = await console.settled()
    assert (row.is_estimated, row.output + row.reasoning) == (False, 70)


async def test_no_call_is_sent_without_a_spool(
    console: Console, provider: Provider, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    settings.SPOOL_DIR = tmp_path / "file"
    answer = await console.call("chat")
    assert (answer.status, answer.headers["x-oc-code"]) == (503, "spool_unwritable")
    assert provider.requests == []


async def test_process_settles_what_another_left(console: Console, settings: Any) -> None:
    await console.call("chat")
    spool = await sync_to_async(SpoolFile)(Path(settings.SPOOL_DIR))
    wanted = Wanted("req_left", "body", 10, "m")
    await sync_to_async(reserve)(workspace_id=console.cast.alpha.pk, wanted=wanted)
    spool.add(due("req_left", console.cast.alpha.pk))
    spool.close()
    await until(lambda: Usage.objects.filter(request_id="req_left").exists(), seconds=40)
