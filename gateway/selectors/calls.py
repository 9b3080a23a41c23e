"""How calls went, for pages: by request, of a session, and summed up by provider key."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import QuerySet, Sum

from billing.ports import CallFacts
from gateway.models import CallDay, ModelCall, ProviderCredential
from gateway.selectors.shelves import HOST
from opencode.lib.paging import Keyset, by_number
from workspaces.models import Workspace

NEWEST: Final = Keyset(by_number("pk", is_descending=True))
DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class CallsSum:
    """Calls of the last DAYS days. `cost` is micro-cents, as they ended."""

    calls: int
    failed: int
    cost: int


def call_facts(workspace_id: str, request_ids: Collection[str]) -> Mapping[str, CallFacts]:
    """See `billing.ports.call_facts`; two reads."""
    rows = list(ModelCall.objects.filter(workspace_id=workspace_id, request_id__in=list(request_ids)))
    names = key_names(workspace_id, rows)
    return {row.request_id: _facts(row, names.get(row.credential_id, "")) for row in rows}


def calls_of_session(workspace: Workspace, session_id: str, member_id: str | None) -> QuerySet[ModelCall]:
    """The calls that named this session; with `member_id` only that person's."""
    rows = ModelCall.objects.filter(workspace_id=workspace.pk, session_id=session_id)
    return rows if member_id is None else rows.filter(member_id=member_id)


def key_names(workspace_id: str, rows: Collection[ModelCall]) -> Mapping[str, str]:
    """Names of the provider keys of these calls; the host's are all called so."""
    ids = {row.credential_id for row in rows}
    found = ProviderCredential.objects.filter(pk__in=ids, workspace_id__in=[HOST, workspace_id])
    return {row.pk: row.name if row.workspace_id else "the host's key" for row in found}


def calls_sum(workspace_id: str, today: date, **of: str) -> CallsSum:
    """The workspace's calls of the last DAYS days, of a `model` by its slug or to a `credential_id`; one read."""
    since = today - timedelta(days=DAYS - 1)
    days = CallDay.objects.filter(workspace_id=workspace_id, day__gte=since, **of)
    sums = days.aggregate(calls=Sum("calls"), failed=Sum("failed"), cost=Sum("cost"))
    return CallsSum(**{name: int(amount or 0) for name, amount in sums.items()})


def _facts(row: ModelCall, provider: str) -> CallFacts:
    end = ModelCall.End(row.end)
    return CallFacts(
        model=row.model,
        end=str(end.label),
        is_complete=end == ModelCall.End.COMPLETE,
        status=row.status,
        code=row.code,
        attempts=row.attempts,
        first_byte_ms=row.first_byte_ms,
        ms=row.ms,
        provider=provider,
        session_id=row.session_id,
        member_id=row.member_id,
        at=row.at,
    )
