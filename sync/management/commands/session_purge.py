"""`manage.py session_purge SESSION`: erases a session; `--verify RECEIPT` checks again for leftovers.

Exit codes: 0 erased (or nothing is left), 1 something is left, 2 no such session or receipt, 3 the storage cannot be
checked now.
"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from opencode.lib.actor import THE_CONSOLE
from sync.archive import Leftovers, deletion_verify, objects_left, rows_left, session_erase, session_prefix
from sync.models import DeletionReceipt, Session

LEFT, UNKNOWN, UNREACHABLE = 1, 2, 3


class Command(BaseCommand):
    help = "Erase a session and leave a receipt, or check a receipt against database and storage."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("session", nargs="?", default="", help="The session's id, or its number in the admin")
        parser.add_argument(
            "--workspace", default="", help="The slug, when several workspaces have a session of this id"
        )
        parser.add_argument("--dry-run", action="store_true", help="Say what would be erased, change nothing")
        parser.add_argument("--verify", metavar="RECEIPT", default="", help="Check this receipt; changes nothing")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["verify"]) == bool(options["session"]):
            raise CommandError("Name a session, or a receipt with --verify", returncode=UNKNOWN)
        try:
            if options["verify"]:
                self._verify(options["verify"], as_json=options["json"])
            else:
                session = find_session(options["session"], options["workspace"])
                (self._show if options["dry_run"] else self._erase)(session, as_json=options["json"])
        except CommandError:
            raise
        except Exception as error:
            raise CommandError(f"Cannot look at everything now: {error}", returncode=UNREACHABLE) from error

    def _show(self, session: Session, *, as_json: bool) -> None:
        prefix = session_prefix(session.workspace_id, session.pk)
        found = {**rows_left(session.pk), "objects": objects_left(prefix)}
        self._say({"session": session.client_id, "would_erase": found}, as_json=as_json)

    def _erase(self, session: Session, *, as_json: bool) -> None:
        receipt = session_erase(session_id=session.pk, actor=THE_CONSOLE)
        if receipt is None:
            raise CommandError(f"The session {session.client_id} is gone already", returncode=UNKNOWN)
        receipt.refresh_from_db()
        self._report(receipt, deletion_verify(receipt=receipt), as_json=as_json)

    def _verify(self, receipt_id: str, *, as_json: bool) -> None:
        receipt = DeletionReceipt.objects.filter(pk=receipt_id).first()
        if receipt is None:
            raise CommandError(f"There is no receipt {receipt_id}", returncode=UNKNOWN)
        self._report(receipt, deletion_verify(receipt=receipt), as_json=as_json)

    def _report(self, receipt: DeletionReceipt, left: Leftovers, *, as_json: bool) -> None:
        erased = {
            "entries": receipt.entries,
            "operations": receipt.operations,
            "shares": receipt.shares,
            "snapshots": receipt.snapshots,
            "objects": receipt.objects_removed,
            "bytes": receipt.content_bytes,
        }
        facts = {"receipt": receipt.pk, "session": receipt.client_id, "erased_at": receipt.erased_at.isoformat()}
        self._say({**facts, "erased": erased, "left": {**left.rows, "objects": left.objects}}, as_json=as_json)
        if not left.is_clean:
            raise CommandError("Something is left of this session", returncode=LEFT)

    def _say(self, facts: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(facts))
            return
        for name, value in facts.items():
            text = ", ".join(f"{count} {what}" for what, count in value.items()) if isinstance(value, dict) else value
            self.stdout.write(f"{name.replace('_', ' ')}: {text}")


def find_session(name: str, workspace: str) -> Session:
    """The one session of this id or number. Raises CommandError when there is none, or more than one."""
    found = Session.objects.filter(client_id=name)
    if workspace:
        found = found.filter(workspace__slug=workspace)
    rows = list(found[:2])
    if not rows and name.isascii() and name.isdigit() and not workspace:
        rows = list(Session.objects.filter(pk=int(name))[:1])
    if not rows:
        raise CommandError(f"There is no session {name}", returncode=UNKNOWN)
    if len(rows) > 1:
        raise CommandError(
            f"Several sessions have the id {name}: add --workspace, or give its number", returncode=UNKNOWN
        )
    return rows[0]
