"""The content of an export: composed here, above the apps, from what each of them stores."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final

import msgspec

from accounts.ports import ExportedFile, ExportPart
from accounts.selectors import exports as of_accounts
from billing.selectors import exports as of_billing
from sync.transcript import own_sessions_part, workspace_sessions_part
from workspaces.selectors import exports as of_workspaces

README: Final = """What is in this archive
=======================

Every file is JSON in UTF-8; times are UTC. A `.jsonl` file holds one JSON object a line. Money is in micro-cents:
100,000,000 are a dollar; of payments in cents. Sessions are below `sessions/<workspace id>/<session id>.json`. Secrets
are not here, for the console keeps only hashes of them.
"""


def export_parts(user_id: str, workspace_id: str) -> Sequence[ExportPart]:
    return _of_workspace(workspace_id) if workspace_id else _of_person(user_id)


def _of_person(user_id: str) -> Sequence[ExportPart]:
    return [
        ExportPart("what is in it", 1, [ExportedFile("README.txt", [README.encode()])]),
        _document("profile", lambda: of_accounts.profile(user_id)),
        _document("devices", lambda: of_accounts.devices(user_id)),
        _document("memberships", lambda: of_workspaces.memberships_exported(user_id)),
        _document("keys", lambda: of_workspaces.own_keys_exported(user_id)),
        _lines("usage_days", lambda: of_billing.own_usage_exported(user_id)),
        _lines("acts", lambda: of_workspaces.own_acts_exported(user_id)),
        own_sessions_part(user_id),
    ]


def _of_workspace(workspace_id: str) -> Sequence[ExportPart]:
    return [
        ExportPart("what is in it", 1, [ExportedFile("README.txt", [README.encode()])]),
        _document("workspace", lambda: of_workspaces.workspace_exported(workspace_id)),
        _document("members", lambda: of_workspaces.members_exported(workspace_id)),
        _document("invitations", lambda: of_workspaces.invitations_exported(workspace_id)),
        _document("keys", lambda: of_workspaces.keys_exported(workspace_id)),
        _document("tokens", lambda: of_workspaces.tokens_exported(workspace_id)),
        _document("billing_account", lambda: of_billing.account_exported(workspace_id)),
        _lines("ledger", lambda: of_billing.ledger_exported(workspace_id)),
        _lines("payments", lambda: of_billing.payments_exported(workspace_id)),
        _lines("usage", lambda: of_billing.usage_exported(workspace_id)),
        _lines("usage_days", lambda: of_billing.usage_days_exported(workspace_id)),
        _lines("audit", lambda: of_workspaces.acts_exported(workspace_id)),
        workspace_sessions_part(workspace_id),
    ]


def _document(title: str, read: Callable[[], Any]) -> ExportPart:
    """One JSON file, read when it is written."""

    def files() -> Iterator[ExportedFile]:
        yield ExportedFile(f"{title}.json", [msgspec.json.format(_json(read()), indent=2)])

    return ExportPart(title, 1, files())


def _lines(title: str, read: Callable[[], Iterable[dict[str, Any]]]) -> ExportPart:
    def files() -> Iterator[ExportedFile]:
        yield ExportedFile(f"{title}.jsonl", (_json(row) + b"\n" for row in read()))

    return ExportPart(title, 1, files())


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)
