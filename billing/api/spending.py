"""`/limits` and `/balance`: what may be spent, is used and held."""

from datetime import datetime
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from billing.api.reach import Reach, WorkspaceChoice, usage_reach
from billing.ledger.facts import Scope
from billing.models import BillingAccount
from billing.selectors.limits import limits_of
from billing.selectors.spending import LimitState, limit_states, workspace_limit
from billing.selectors.usage import account_of
from opencode.lib.clock import utc_now
from workspaces.calls.refusals import answers

router = Router()


class LimitOut(Schema):
    bound: Literal["workspace", "member", "key"]
    id: Annotated[str, Field(description="Of the workspace, the person, or the first key of a rotation.")]
    limit_micro_cents: Annotated[int | None, Field(description="Of a calendar month; null: no limit.")]
    used_micro_cents: int
    held_micro_cents: Annotated[int, Field(description="By running requests.")]
    left_micro_cents: Annotated[int | None, Field(description="null without a limit.")]
    resets_at: datetime


class LimitList(Schema):
    items: list[LimitOut]


class BalanceOut(Schema):
    funding: Annotated[
        Literal["prepaid", "postpaid"],
        Field(description="prepaid: what is held has to fit into the balance. postpaid: limits alone bound it."),
    ]
    balance_micro_cents: Annotated[int, Field(description="Below zero while the host pays.")]
    held_micro_cents: Annotated[int, Field(description="By running requests.")]
    free_micro_cents: Annotated[int | None, Field(description="What may still be spent of it; null when postpaid.")]
    is_frozen: bool


@router.get("/limits", response=answers(LimitList), operation_id="limits_list", summary="Read limits")
def limits_list(request: HttpRequest, workspace: WorkspaceChoice = None) -> LimitList:
    """The workspace's, and the caller's own: a person's with their keys, a key's with its person. No scope needed."""
    reach = usage_reach(request, workspace)
    account, now = account_of(reach.call.workspace.pk), utc_now()
    items = [_out("workspace", reach.call.workspace.pk, workspace_limit(account, now))]
    for scope, limits in _own(reach).items():
        states = limit_states(account.pk, scope, limits, now)
        items += [_out(scope.value, name, state) for name, state in sorted(states.items())]
    return LimitList(items=items)


@router.get("/balance", response=answers(BalanceOut), operation_id="balance_get", summary="Read the balance")
def balance_get(request: HttpRequest, workspace: WorkspaceChoice = None) -> BalanceOut:
    """Owners and admins, and keys with `usage:read` that are theirs or the workspace's."""
    reach = usage_reach(request, workspace)
    reach.require_all()
    return _balance(account_of(reach.call.workspace.pk))


def _own(reach: Reach) -> dict[Scope, dict[str, int | None]]:
    key = reach.call.caller.key
    person = key.user_id if key is not None else reach.call.caller.id
    return limits_of(reach.call.workspace.pk, person_id=person, key_id=key.key_id if key is not None else None)


def _out(bound: str, name: str, state: LimitState) -> LimitOut:
    return LimitOut.model_validate(
        {
            "bound": bound,
            "id": name,
            "limit_micro_cents": state.limit,
            "used_micro_cents": state.used,
            "held_micro_cents": state.held,
            "left_micro_cents": state.left,
            "resets_at": state.resets_at,
        }
    )


def _balance(account: BillingAccount) -> BalanceOut:
    free = max(0, account.balance - account.reserved) if account.funding == "prepaid" else None
    return BalanceOut.model_validate(
        {
            "funding": account.funding,
            "balance_micro_cents": account.balance,
            "held_micro_cents": account.reserved,
            "free_micro_cents": free,
            "is_frozen": account.frozen_at is not None,
        }
    )
