"""`POST /usage`: what requests used, as their provider said it, up to a thousand at once."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from django.http import HttpRequest
from ninja import Schema
from pydantic import AfterValidator, Field, StrictInt, StringConstraints

from billing.api.reach import WorkspaceChoice, named, root_of
from billing.api.routing import USAGE
from billing.ledger.operations import Refusal
from billing.pricing.tokens import FORMATS
from billing.services.recording import Recorded, usage_items_record
from billing.services.usage import UsageOutcome
from opencode.lib.clock import utc_now
from opencode.lib.errors import FieldsInvalid
from workspaces.calls.callers import WorkspaceCall, workspace_call
from workspaces.calls.refusals import answers
from workspaces.calls.texts import Body, Moment
from workspaces.models import Membership

ITEMS_MAX: Final = 1_000
OLDEST: Final = timedelta(days=400)
UNITS_MAX: Final = 1_000_000


def recent(moment: datetime) -> datetime:
    if moment < utc_now() - OLDEST:
        raise ValueError(f"Choose a time in the last {OLDEST.days} days.")
    return moment


Text = Annotated[str, StringConstraints(min_length=1, max_length=190, pattern=r"^[^\x00-\x1f\x7f]+$")]
Count = Annotated[StrictInt, Field(ge=0, le=UNITS_MAX)]


class UsageItemNew(Body):
    id: Annotated[
        str,
        StringConstraints(pattern=r"^[\x21-\x7e]{1,64}$"),
        Field(description="Yours, one a request, for good: a repeat under it changes nothing."),
    ]
    format: Annotated[
        str,
        StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,40}$"),
        Field(description=f"How `usage` is written: {', '.join(FORMATS)}."),
    ]
    model: Annotated[Text, Field(description="The model that was asked, `provider/model` or the model alone.")]
    usage: Annotated[Any, Field(description="The usage object of the provider's answer, unchanged.")]
    at: Annotated[
        Annotated[Moment, AfterValidator(recent)] | None,
        Field(description="When it was answered; now unless told. Decides the day, the month and the price."),
    ] = None
    units: Annotated[
        dict[str, Count] | None, Field(max_length=10, description="What is paid by the call, if `usage` does not say.")
    ] = None
    context: Annotated[
        dict[str, Annotated[str, Field(max_length=60)]],
        Field(max_length=10, description="How it was served, if `usage` does not say: service_tier, speed, region."),
    ] = {}
    session_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:@-]{0,64}$")] = ""
    person_id: Annotated[
        str | None, Field(max_length=30, description="Whose request it was; keys of the workspace only. A member's id.")
    ] = None


class UsageBatch(Body):
    items: Annotated[list[UsageItemNew], Field(min_length=1, max_length=ITEMS_MAX)]


class OverLimit(Schema):
    bound: Literal["frozen", "balance", "workspace", "member", "key"]
    limit_micro_cents: Annotated[int, Field(description="The limit, or the balance.")]
    used_micro_cents: int
    held_micro_cents: int
    resets_at: datetime | None


class UsageStored(Schema):
    id: str
    answer: Annotated[
        Literal["stored", "duplicate", "conflict", "quarantined"],
        Field(
            description="duplicate: this very item was stored before. conflict: another was, under the same id, and "
            "counts. quarantined: kept, but its cost cannot be told; nothing is charged until staff release it."
        ),
    ]
    cost_micro_cents: int
    charged_micro_cents: int
    carried_micro_cents: Annotated[int, Field(description="The part that no limit left room for.")]
    quarantined: Annotated[str | None, Field(description="A code of /docs/billing.")] = None
    over_limit: OverLimit | None = None


class UsageAnswers(Schema):
    items: Annotated[list[UsageStored], Field(description="One an item, in their order.")]


@USAGE.post("/usage", response=answers(UsageAnswers, 200, 503), operation_id="usage_record", summary="Record usage")
def usage_record(request: HttpRequest, batch: UsageBatch, workspace: WorkspaceChoice = None) -> UsageAnswers:
    """Stores each item once, however often it is sent; 1,000 of them at most, in a body of 2 MB.

    What is over a limit is stored all the same: ask `/limits` first. Repeat a batch that was answered 503.
    """
    call = workspace_call(request, named(request, workspace), "usage.record", scopes=("usage:write",))
    owner, root = _owner(call)
    people = _people(call, batch)
    items = [_item(new, people[new.person_id] if new.person_id else owner) for new in batch.items]
    outcomes = usage_items_record(workspace_id=call.workspace.pk, items=items, key_id=root)
    return UsageAnswers(items=[_out(new.id, outcome) for new, outcome in zip(batch.items, outcomes, strict=True)])


def _owner(call: WorkspaceCall) -> tuple[str, str]:
    """The person whose usage it is, and the first key of the rotation it came by; empty for none."""
    key = call.caller.key
    return (key.user_id or "", root_of(key)) if key is not None else (call.caller.id, "")


def _people(call: WorkspaceCall, batch: UsageBatch) -> dict[str, str]:
    """The named people who are members. Raises FieldsInvalid for others, and where the caller names anybody else."""
    wanted = {item.person_id for item in batch.items if item.person_id}
    if not wanted:
        return {}
    key = call.caller.key
    owner, _ = _owner(call)
    if key is None or key.user_id is not None:
        known = {owner}
    else:
        known = set(
            Membership.objects.filter(workspace=call.workspace, user_id__in=wanted).values_list("user_id", flat=True)
        )
    if unknown := wanted - known:
        at = next(place for place, item in enumerate(batch.items) if item.person_id in unknown)
        raise FieldsInvalid(fields={f"items.{at}.person_id": ["No member whose usage you may record has this id."]})
    return {name: name for name in wanted}


def _item(new: UsageItemNew, person: str) -> Recorded:
    return Recorded(
        request_id=new.id,
        wire_format=new.format,
        model=new.model,
        usage=new.usage,
        at=new.at,
        units=new.units,
        context=new.context,
        session_id=new.session_id,
        member_id=person,
    )


def _out(name: str, outcome: UsageOutcome) -> UsageStored:
    return UsageStored.model_validate(
        {
            "id": name,
            "answer": outcome.answer.value,
            "cost_micro_cents": outcome.cost,
            "charged_micro_cents": outcome.charged,
            "carried_micro_cents": outcome.carried,
            "quarantined": outcome.quarantined or None,
            "over_limit": _over(outcome.over_limit) if outcome.over_limit else None,
        }
    )


def _over(refusal: Refusal) -> dict[str, object]:
    return {
        "bound": refusal.bound.value,
        "limit_micro_cents": refusal.amount,
        "used_micro_cents": refusal.used,
        "held_micro_cents": refusal.held,
        "resets_at": refusal.resets_at,
    }
