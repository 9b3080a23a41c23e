"""`audit_verify` finds whatever was done to a log behind the console's back; the database refuses most of it."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from pytest_django import Settings

from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac
from tests.cast import Cast
from tests.support.audit import execute_all, triggers, without_triggers
from workspaces import tasks
from workspaces.management.commands.audit_verify import BROKEN, UNKNOWN, UNSEALED
from workspaces.models import AppendOnly, AuditAnchor, AuditEntry, AuditHead, Workspace
from workspaces.services.audit import HEAD_PURPOSE, audit_record, canonical_ip, entry_hash, head_text
from workspaces.services.auditpurge import ChainBroken, audit_purge

ENTRY = "workspaces_auditentry"
HEAD = "workspaces_audithead"
ANCHOR = "workspaces_auditanchor"
NEW = {99: b"a newer key of the tests, which everybody knows"}


def record(workspace: Workspace, times: int = 1, **fields: Any) -> AuditEntry:
    """So many acts more; gives the last one's entry."""
    for _ in range(times):
        with transaction.atomic():
            entry = audit_record(
                workspace_id=workspace.pk, **{"actor": THE_CONSOLE, "action": "workspace.rename", **fields}
            )
    return entry


def verify(*words: str) -> tuple[int, list[str]]:
    """The exit code and all problems."""
    code, report = verified(*words)
    return code, [problem for chain in report["chains"] for problem in chain["problems"]]


def verified(*words: str) -> tuple[int, Any]:
    out = StringIO()
    code = 0
    try:
        call_command("audit_verify", "--json", *words, stdout=out)
    except SystemExit as ending:
        code = int(str(ending.code))
    return code, json.loads(out.getvalue())


@pytest.fixture
def chain(cast: Cast) -> int:
    """Six entries in alpha's log at least; the number of the last one."""
    person = Actor(PERSON, cast.bob.pk, "2001:DB8:0:0::7", "req_1")
    record(cast.alpha, 2, actor=person, action="member.role", target_id="mem_ü", details={"to": "ädmin"})
    return record(cast.alpha, 4).seq


def test_a_log_nobody_touched_is_whole(cast: Cast, chain: int) -> None:
    record(cast.gamma, 3)
    assert verify() == (0, [])


TAMPERING = {
    "changed": (f"UPDATE {ENTRY} SET details = '{{}}', actor_id = 'x' WHERE seq = %s", "was changed"),
    "made later": (f"UPDATE {ENTRY} SET at = '2020-01-01 00:00:00' WHERE seq = %s", "was changed"),
    "moved to another address": (f"UPDATE {ENTRY} SET ip = '192.0.2.99' WHERE seq = %s", "was changed"),
    "sealed by another": (f"UPDATE {ENTRY} SET seal = 'f' WHERE seq = %s", "is not ours"),
    "removed": (f"DELETE FROM {ENTRY} WHERE seq = %s", "are missing"),
}


@pytest.mark.parametrize(("sql", "problem"), TAMPERING.values(), ids=list(TAMPERING))
@pytest.mark.django_db(transaction=True)
def test_an_entry_that_was_tampered_with_is_found(cast: Cast, chain: int, sql: str, problem: str) -> None:
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(sql, [chain - 2])
    code, problems = verify("--workspace", "alpha")
    assert (code, problem in problems[0]) == (BROKEN, True)


@pytest.mark.django_db(transaction=True)
def test_two_entries_that_changed_places_are_found(cast: Cast, chain: int) -> None:
    one, other = chain - 2, chain - 3
    moves = [(one, -1), (other, one), (-1, other)]
    with without_triggers():
        execute_all(f"UPDATE {ENTRY} SET seq = {to} WHERE seq = {seq}" for seq, to in moves)
    code, problems = verify()
    assert (code, len(problems) >= 2) == (BROKEN, True)


@pytest.mark.django_db(transaction=True)
def test_an_entry_made_without_the_key_is_found_even_with_the_hashes_right(cast: Cast, chain: int) -> None:
    entry = AuditEntry.objects.get(workspace=cast.alpha, seq=chain)
    forged = AuditEntry(workspace=cast.alpha, seq=chain + 1, action="member.add", previous_hash=entry.hash)
    forged.hash_version = current_version()
    forged.hash = entry_hash(forged)
    forged.save()
    AuditHead.objects.filter(pk=cast.alpha.pk).update(seq=forged.seq, hash=forged.hash)
    code, problems = verify()
    assert code == BROKEN
    seal = "its seal is"
    assert [each.split(seal)[0] for each in problems] == [
        f"the end of the chain, at {chain + 1}, is forged: ",
        f"entry {chain + 1} (member.add) is not ours: ",
    ]


@pytest.mark.django_db(transaction=True)
def test_a_tail_that_was_cut_off_is_found(cast: Cast, chain: int) -> None:
    with without_triggers():
        execute_all([f"DELETE FROM {ENTRY} WHERE seq > {chain - 2}"])
    assert verify() == (BROKEN, [f"entries {chain - 1} to {chain} are missing: the end of the chain was at {chain}"])


@pytest.mark.django_db(transaction=True)
def test_a_tail_that_was_cut_off_stays_found_after_the_next_act(cast: Cast, chain: int) -> None:
    """Our own next entry must not vouch for the end that somebody moved back."""
    kept = AuditEntry.objects.get(workspace=cast.alpha, seq=chain - 2)
    with without_triggers():
        execute_all([f"DELETE FROM {ENTRY} WHERE seq > {kept.seq}"])
    AuditHead.objects.filter(pk=cast.alpha.pk).update(seq=kept.seq, hash=kept.hash)
    record(cast.alpha)
    code, report = verified()
    assert (code, report["chains"][0]["is_unsealed"]) == (UNSEALED, True)


@pytest.mark.django_db(transaction=True)
def test_a_whole_log_put_back_to_an_older_state_is_found_by_an_earlier_report(
    cast: Cast, chain: int, tmp_path: Path
) -> None:
    head = AuditHead.objects.get(pk=cast.alpha.pk)
    record(cast.alpha)
    (tmp_path / "report.json").write_text(json.dumps(verified()[1]))
    with without_triggers():
        execute_all([f"DELETE FROM {ENTRY} WHERE seq > {chain}"])
    head.save()
    assert verify()[0] == 0
    missing = f"entries {chain + 1} to {chain + 1} are missing: an earlier check was at {chain + 1}"
    assert verify("--earlier", str(tmp_path / "report.json")) == (BROKEN, [missing])


@pytest.mark.django_db(transaction=True)
def test_a_missing_end_is_found(cast: Cast, chain: int) -> None:
    AuditHead.objects.filter(pk=cast.alpha.pk).delete()
    assert "its row is gone" in verify("--workspace", "alpha")[1][0]


def gone(workspace: Workspace) -> None:
    """Entries, anchors and end of the workspace's log, removed by somebody who may change the schema."""
    with without_triggers():
        execute_all(f"DELETE FROM {table} WHERE workspace_id = '{workspace.pk}'" for table in (ENTRY, HEAD, ANCHOR))


NO_LOG = "there is no log: a workspace has at least the entry of its creation"
ANOTHER_LOG = "the log does not begin with the workspace's creation: the one before is gone"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("words", [(), ("--workspace", "alpha")])
def test_a_log_that_is_gone_whole_is_found(cast: Cast, chain: int, words: tuple[str, ...]) -> None:
    purge(cast.alpha)
    gone(cast.alpha)
    assert verify(*words) == (BROKEN, [NO_LOG])


@pytest.mark.django_db(transaction=True)
def test_a_log_that_is_gone_whole_stays_found_after_the_next_act(cast: Cast, chain: int) -> None:
    gone(cast.alpha)
    record(cast.alpha)
    assert verify() == (BROKEN, [ANOTHER_LOG])


@pytest.mark.django_db(transaction=True)
def test_a_workspace_from_before_the_log_needs_no_entry_of_its_creation(cast: Cast, chain: int) -> None:
    gone(cast.alpha)
    Workspace.objects.filter(pk=cast.alpha.pk).update(created_at=utc_now() - timedelta(days=3650))
    assert verify() == (0, [])
    record(cast.alpha)
    assert verify() == (0, [])


@pytest.mark.django_db(transaction=True)
def test_an_anchor_left_behind_is_found(cast: Cast, chain: int) -> None:
    purge(cast.alpha)
    with without_triggers():
        execute_all(f"DELETE FROM {table} WHERE workspace_id = '{cast.alpha.pk}'" for table in (ENTRY, HEAD))
    Workspace.objects.filter(pk=cast.alpha.pk).update(created_at=utc_now() - timedelta(days=3650))
    assert verify() == (BROKEN, ["the end of the chain is not known: its row is gone"])


@pytest.mark.parametrize("words", [("--workspace", "nowhere"), ("--earlier", "/no/report")])
def test_an_unknown_workspace_or_report_ends_with_its_own_code(cast: Cast, words: tuple[str, str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("audit_verify", *words)
    assert refused.value.returncode == UNKNOWN


def test_verify_reads_a_long_log_in_pieces(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr("workspaces.services.auditchain.CHUNK_ROWS", 3)
    record(cast.alpha, 10)
    assert verify() == (0, [])


# --- key versions


@pytest.fixture
def rotated(cast: Cast, settings: Settings) -> Cast:
    """A log whose first half was sealed under the old key, its second half under a new one."""
    record(cast.alpha, 3)
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, **NEW}
    record(cast.alpha, 2)
    return cast


def test_a_log_sealed_under_two_keys_is_whole(rotated: Cast) -> None:
    assert verify("--workspace", "alpha") == (0, [])


def test_the_end_vouches_for_what_a_retired_key_sealed(rotated: Cast, settings: Settings) -> None:
    settings.OPENCODE_KEYRING = NEW
    code, report = verified("--workspace", "alpha")
    assert (code, report["chains"][0]["retired"] >= 3) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_what_a_retired_key_sealed_cannot_be_changed_either(rotated: Cast, settings: Settings) -> None:
    settings.OPENCODE_KEYRING = NEW
    with without_triggers():
        execute_all([f"UPDATE {ENTRY} SET action = 'member.add' WHERE hash_version < 99"])
    assert verify("--workspace", "alpha")[0] == BROKEN


def test_an_end_sealed_under_a_retired_key_is_said_to_be_and_can_be_sealed_anew(cast: Cast, settings: Settings) -> None:
    record(cast.alpha, 3)
    settings.OPENCODE_KEYRING = NEW
    assert verify("--workspace", "alpha")[0] == UNSEALED
    assert verify("--workspace", "alpha", "--reseal")[0] == 0
    assert verify("--workspace", "alpha")[0] == 0


def test_sealing_anew_leaves_a_broken_log_as_it_is(rotated: Cast, settings: Settings) -> None:
    AuditHead.objects.filter(pk=rotated.alpha.pk).update(seq=99)
    assert verify("--workspace", "alpha", "--reseal")[0] == BROKEN
    assert verify("--workspace", "alpha")[0] == BROKEN


# --- append-only


def test_the_triggers_are_there(db: None) -> None:
    """A migration that has SQLite build the table anew loses them."""
    expected = {"audit_entry_update", "audit_entry_delete", "audit_anchor_update", "audit_anchor_delete"}
    assert set(triggers()) == expected


@pytest.mark.parametrize(
    "sql", [f"UPDATE {ENTRY} SET action = 'x'", f"DELETE FROM {ENTRY}", f"DELETE FROM {ENTRY} WHERE seq = 1"]
)
def test_the_database_refuses_to_change_or_remove_entries(cast: Cast, chain: int, sql: str) -> None:
    with pytest.raises(DatabaseError, match=r"append-only|no anchor"), transaction.atomic():
        execute_all([sql])


@pytest.mark.parametrize("sql", [f"UPDATE {ANCHOR} SET count = 9", f"DELETE FROM {ANCHOR}"])
def test_the_database_refuses_to_change_or_remove_anchors(cast: Cast, chain: int, sql: str) -> None:
    purge(cast.alpha)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        execute_all([sql])


def test_the_code_has_no_way_to_change_or_remove_entries(cast: Cast, chain: int) -> None:
    entry = AuditEntry.objects.get(workspace=cast.alpha, seq=chain)
    for attempt in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(AppendOnly):
            attempt()
    with pytest.raises(AppendOnly):
        AuditEntry.objects.update(action="x")


# --- purges


def purge(workspace: Workspace, **options: Any) -> int:
    """Everything that is there now."""
    before = utc_now() + timedelta(seconds=1)
    return audit_purge(workspace_id=workspace.pk, before=before, reason="test", actor=THE_CONSOLE, **options)


def test_a_purge_leaves_an_anchor_and_a_whole_log(cast: Cast, chain: int) -> None:
    assert purge(cast.alpha) == chain
    anchor = AuditAnchor.objects.get()
    assert (anchor.seq, anchor.count, anchor.reason) == (chain, chain, "test")
    entries = AuditEntry.objects.filter(workspace=cast.alpha)
    assert [(entry.seq, entry.action) for entry in entries] == [(chain + 1, "audit.purge")]
    assert verify() == (0, [])


def test_a_purge_keeps_what_is_younger(cast: Cast, chain: int) -> None:
    old = utc_now() - timedelta(days=1)
    assert audit_purge(workspace_id=cast.alpha.pk, before=old, reason="test", actor=THE_CONSOLE) == 0
    assert AuditEntry.objects.filter(workspace=cast.alpha).count() == chain


def test_purges_follow_each_other(cast: Cast, chain: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("workspaces.services.auditpurge.CHUNK_ROWS", 2)
    purge(cast.alpha)
    record(cast.alpha, 3)
    assert purge(cast.alpha) == 4
    assert AuditAnchor.objects.count() == 2
    assert verify() == (0, [])


def test_a_rehearsal_removes_nothing(cast: Cast, chain: int) -> None:
    assert purge(cast.alpha, dry_run=True) == chain
    assert AuditEntry.objects.filter(workspace=cast.alpha).count() == chain


def test_a_purge_that_was_interrupted_is_whole_and_is_finished_by_the_next(
    cast: Cast, chain: int, monkeypatch: Any
) -> None:
    monkeypatch.setattr("workspaces.services.auditpurge._remove", lambda *_: None)
    purge(cast.alpha)
    monkeypatch.undo()
    execute_all([f"DELETE FROM {ENTRY} WHERE seq <= 2 AND workspace_id = '{cast.alpha.pk}'"])
    assert verify() == (0, [])
    old = utc_now() - timedelta(days=1)
    assert audit_purge(workspace_id=cast.alpha.pk, before=old, reason="test", actor=THE_CONSOLE) == chain - 2
    assert verify() == (0, [])


@pytest.mark.django_db(transaction=True)
def test_a_log_that_is_not_whole_is_not_purged(cast: Cast, chain: int) -> None:
    with without_triggers():
        execute_all([f"UPDATE {ENTRY} SET actor_id = 'x' WHERE seq = {chain - 2}"])
    with pytest.raises(ChainBroken):
        purge(cast.alpha)
    assert AuditAnchor.objects.count() == 0


def test_a_forged_anchor_is_found(cast: Cast, chain: int) -> None:
    last = AuditEntry.objects.get(workspace=cast.alpha, seq=chain - 1)
    claims = {"seq": last.seq, "hash": last.hash, "count": 9, "reason": "x", "seal": "f"}
    AuditAnchor(workspace=cast.alpha, hash_version=current_version(), **claims).save()
    execute_all([f"DELETE FROM {ENTRY} WHERE seq < {chain} AND workspace_id = '{cast.alpha.pk}'"])
    assert verify() == (BROKEN, [f"the anchor at {chain - 1} is forged: its seal is not ours"])


def test_an_anchor_of_a_retired_key_is_vouched_for_by_the_purges_entry(cast: Cast, settings: Settings) -> None:
    record(cast.alpha, 3)
    purge(cast.alpha)
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, **NEW}
    record(cast.alpha)
    settings.OPENCODE_KEYRING = NEW
    assert verify("--workspace", "alpha") == (0, [])


def test_the_command_purges_every_log(cast: Cast, chain: int) -> None:
    record(cast.gamma, 2)
    out = StringIO()
    call_command("audit_purge", "--days", "1", "--json", stdout=out)
    assert set(json.loads(out.getvalue())["removed"].values()) == {0}


def test_the_command_removes_what_is_older_and_says_how_much(cast: Cast, chain: int) -> None:
    out = StringIO()
    with time_machine.travel(utc_now() + timedelta(days=2), tick=False):
        call_command("audit_purge", "--days", "1", "--workspace", "alpha", "--reason", "asked for", stdout=out)
    assert out.getvalue() == f"{chain} entries were removed\n"
    assert [anchor.reason for anchor in AuditAnchor.objects.all()] == ["asked for"]


def test_the_command_says_which_log_it_left(cast: Cast, chain: int) -> None:
    AuditHead.objects.filter(pk=cast.alpha.pk).update(seq=99)
    err = StringIO()
    with time_machine.travel(utc_now() + timedelta(days=2), tick=False), pytest.raises(SystemExit) as ended:
        call_command("audit_purge", "--days", "1", stdout=StringIO(), stderr=err)
    assert (ended.value.code, cast.alpha.pk in err.getvalue()) == (1, True)


@pytest.mark.parametrize(("days", "logs"), [(0, 0), (1, 2)])
def test_the_schedule_purges_when_entries_are_not_kept_for_good(
    cast: Cast, settings: Settings, days: int, logs: int
) -> None:
    settings.AUDIT_DAYS = days
    with time_machine.travel(utc_now() + timedelta(days=2), tick=False):
        tasks.audit_purge()
    assert AuditAnchor.objects.count() == logs
    assert verify() == (0, [])


def test_the_command_for_people_shows_progress_and_problems(cast: Cast, chain: int) -> None:
    AuditHead.objects.filter(pk=cast.alpha.pk).update(seq=chain + 3)
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_verify", stdout=out, stderr=err)
    assert "1 are not whole" in out.getvalue()
    assert all(words in err.getvalue() for words in ("[####", f"Workspace {cast.alpha.pk}: the end of the chain"))


def test_the_command_needs_days(db: None) -> None:
    with pytest.raises(CommandError, match="OPENCODE_AUDIT_DAYS"):
        call_command("audit_purge")


# --- forms that databases give back


ADDRESSES = {
    "192.0.2.7": "192.0.2.7",
    "2001:DB8:0:0::7": "2001:db8::7",
    "::ffff:192.0.2.7": "192.0.2.7",
    "fe80::1%eth0": "fe80::1",
    "testclient": None,
    "": None,
}


@pytest.mark.parametrize(("given", "kept"), ADDRESSES.items())
def test_addresses_have_one_form(given: str, kept: str | None) -> None:
    assert canonical_ip(given) == kept


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_entry_reads_back_as_it_was_hashed(cast: Cast, address: str) -> None:
    entry = record(cast.alpha, actor=Actor(PERSON, cast.bob.pk, address))
    assert entry_hash(AuditEntry.objects.get(pk=entry.pk)) == entry.hash


def test_the_end_of_a_log_is_sealed(cast: Cast, chain: int) -> None:
    head = AuditHead.objects.get(pk=cast.alpha.pk)
    assert head.seal == mac(HEAD_PURPOSE, head_text(head), current_version())
