"""`/workspaces/…/audit`: who did what to whom, from where. For people on pages only: no key can read it."""

import json
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from workspaces.calls.callers import WorkspaceName, workspace_call
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers
from workspaces.calls.texts import Moment
from workspaces.models import AuditEntry
from workspaces.selectors.audit import AUDIT, AuditFilter, audit_entries

router = Router()
WORDS: Final = 200


class AuditEntryOut(Schema):
    seq: Annotated[int, Field(description="Counts the workspace's entries without gaps.")]
    at: datetime
    actor_kind: Literal["person", "key", "device", "staff", "system"]
    actor_id: Annotated[str, Field(description="Empty for the console itself.")]
    action: str
    target_id: str
    details: dict[str, Any]
    ip: str | None
    request_id: str
    hash: Annotated[str, Field(description="SHA-256 of the entry and the hash of the one before.")]


class AuditList(Page):
    items: list[AuditEntryOut]


class AuditQuery(PageQuery):
    actor: Annotated[str, Field(max_length=WORDS, description="An id, `staff`, `console`, or words of a name.")] = ""
    action: Annotated[str, Field(max_length=60)] = ""
    target: Annotated[str, Field(max_length=WORDS, description="An id, or words of a name.")] = ""
    since: Moment | None = None
    until: Annotated[Moment | None, Field(description="Not included.")] = None


@router.get(
    "/workspaces/{workspace}/audit",
    response=answers(AuditList),
    operation_id="audit_list",
    summary="Read the audit log",
)
def audit_list(request: HttpRequest, workspace: WorkspaceName, page: Query[AuditQuery]) -> AuditList:
    """The newest first. Owners and admins, on pages."""
    call = workspace_call(request, workspace, "audit.view")
    wanted = AuditFilter(page.actor.strip(), page.action, page.target.strip(), page.since, page.until)
    found = AUDIT.page(audit_entries(call.workspace, wanted), place_of(AUDIT, page.after), page.limit)
    return AuditList(items=[_out(entry) for entry in found.rows], next=next_page(request, found.next))


def _out(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut.model_validate(
        {
            "seq": entry.seq,
            "at": entry.at,
            "actor_kind": entry.actor_kind,
            "actor_id": entry.actor_id,
            "action": entry.action,
            "target_id": entry.target_id,
            "details": json.loads(entry.details),
            "ip": entry.ip,
            "request_id": entry.request_id,
            "hash": entry.hash,
        }
    )
