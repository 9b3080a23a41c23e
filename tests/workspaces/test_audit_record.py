"""Appending to the audit log: numbered without gaps, chained, and only inside the transaction of the act."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from opencode.lib.actor import DEVICE, KEY, PERSON, STAFF, THE_CONSOLE, Actor
from tests.cast import Cast
from workspaces.models import AuditEntry, Workspace
from workspaces.services.audit import audit_record
from workspaces.services.auditchain import chain_verify


def record(workspace: Workspace, action: str = "workspace.rename") -> AuditEntry:
    with transaction.atomic():
        return audit_record(workspace_id=workspace.pk, actor=THE_CONSOLE, action=action)


def test_entries_of_a_workspace_count_up_and_name_the_one_before(cast: Cast) -> None:
    first, second = record(cast.alpha), record(cast.alpha)
    assert second.seq == first.seq + 1
    assert second.previous_hash == first.hash


def test_each_workspace_has_a_chain_of_its_own(cast: Cast) -> None:
    before = record(cast.gamma)
    record(cast.alpha)
    assert record(cast.gamma).seq == before.seq + 1


def test_an_entry_says_who_from_where_and_on_which_request(cast: Cast) -> None:
    actor = Actor(PERSON, cast.bob.pk, "192.0.2.7", "req_1")
    with transaction.atomic():
        entry = audit_record(
            workspace_id=cast.alpha.pk, actor=actor, action="member.role", target_id="mem_1", details={"to": "admin"}
        )
    entry.refresh_from_db()
    assert (entry.actor_kind, entry.actor_id, entry.ip, entry.request_id) == (PERSON, cast.bob.pk, "192.0.2.7", "req_1")
    assert (entry.target_id, entry.details) == ("mem_1", '{"to":"admin"}')


@pytest.mark.parametrize(
    ("actor", "row"),
    [
        (Actor(PERSON, "usr_1", "192.0.2.7", "req_1"), ("person", "usr_1", "192.0.2.7", "req_1", "{}")),
        (
            Actor(DEVICE, "dev_1", "192.0.2.7", "req_1", owner_id="usr_1"),
            ("device", "dev_1", "192.0.2.7", "req_1", "{}"),
        ),
        (Actor(KEY, "key_1", "::1", owner_id="usr_1"), ("key", "key_1", "::1", "", "{}")),
        (Actor(STAFF, "usr_2", None, "req_2", "a bill"), ("staff", "usr_2", None, "req_2", '{"reason":"a bill"}')),
        (THE_CONSOLE, ("system", "", None, "", "{}")),
    ],
)
def test_an_entry_holds_what_it_always_held_of_an_actor(cast: Cast, actor: Actor, row: tuple[str | None, ...]) -> None:
    """Whose device or key it is stands nowhere: the chains of years must not change with the code."""
    with transaction.atomic():
        entry = audit_record(workspace_id=cast.alpha.pk, actor=actor, action="workspace.rename")
    entry.refresh_from_db()
    assert (entry.actor_kind, entry.actor_id, entry.ip, entry.request_id, entry.details) == row


def test_an_act_that_fails_leaves_no_entry(cast: Cast) -> None:
    kept = record(cast.alpha)
    with transaction.atomic():
        audit_record(workspace_id=cast.alpha.pk, actor=THE_CONSOLE, action="workspace.rename")
        transaction.set_rollback(True)
    assert record(cast.alpha).seq == kept.seq + 1


def test_an_unknown_act_is_refused(cast: Cast) -> None:
    with pytest.raises(ValueError, match="no such action"):
        record(cast.alpha, "workspace.explode")


@pytest.mark.django_db(transaction=True)
def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        audit_record(workspace_id="wrk_x", actor=THE_CONSOLE, action="workspace.rename")


@pytest.mark.django_db(transaction=True)
def test_acts_at_once_take_turns(cast: Cast) -> None:
    start = Barrier(6)

    def act(_: int) -> list[int]:
        start.wait()
        try:
            return [record(cast.alpha).seq for _ in range(5)]
        finally:
            connection.close()

    before = AuditEntry.objects.filter(workspace=cast.alpha).count()
    with ThreadPoolExecutor(6) as pool:
        numbers = sorted(number for acts in pool.map(act, range(6)) for number in acts)
    assert numbers == list(range(before + 1, before + 31))
    assert chain_verify(workspace_id=cast.alpha.pk).problems == []
