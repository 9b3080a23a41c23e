"""`GET /usage`: what was used, by day, model, key and person, from the rollups."""

from datetime import date, timedelta
from typing import Annotated, Final, Literal

from django.http import HttpRequest
from ninja import Query, Schema
from pydantic import Field

from billing.api.reach import Reach, WorkspaceChoice, usage_reach
from billing.api.routing import USAGE
from billing.models import UsageRollup
from billing.pricing.classes import TOKEN_CLASSES
from billing.selectors.usage import (
    DAYS_MAX,
    ROLLUPS,
    UsageFilter,
    account_of,
    usage_rollups,
    usage_rollups_from,
    usage_totals,
)
from opencode.lib.clock import utc_now
from opencode.lib.errors import FieldsInvalid
from workspaces.calls.paging import Page, PageQuery, next_page, place_of
from workspaces.calls.refusals import answers


class TokensOut(Schema):
    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int


class SumsOut(Schema):
    requests: Annotated[int, Field(description="Rows: a request that used two models counts twice.")]
    quarantined: Annotated[int, Field(description="Those of them whose cost could not be told, and is left out.")]
    tokens: TokensOut
    cost_micro_cents: int
    charged_micro_cents: Annotated[int, Field(description="What counted; 0 for reported usage, which is not billed.")]
    carried_micro_cents: Annotated[int, Field(description="What the host carries.")]


class UsageDayOut(SumsOut):
    day: Annotated[date, Field(description="UTC.")]
    model: str
    key_id: Annotated[str | None, Field(description="The first key of its rotation; null: no key.")]
    person_id: str | None


class UsageList(Page):
    since: date
    until: Annotated[date, Field(description="Not included.")]
    source: Literal["metered", "reported"]
    totals: Annotated[SumsOut, Field(description="Of everything the filter matches, not of this page.")]
    items: list[UsageDayOut]


class UsageQuery(PageQuery):
    since: Annotated[date | None, Field(description="The first day (UTC); the month's first unless told.")] = None
    until: Annotated[
        date | None, Field(description=f"The day after the last; tomorrow unless told. At most {DAYS_MAX} days.")
    ] = None
    source: Annotated[
        Literal["metered", "reported"],
        Field(description="metered: what was recorded. reported: what the messages of synced sessions say."),
    ] = "metered"
    model: Annotated[str | None, Field(max_length=190)] = None
    key: Annotated[str | None, Field(max_length=30, description="The id of the first key of a rotation.")] = None
    person: Annotated[str | None, Field(max_length=30, description="A person's id.")] = None


@USAGE.get("/usage", response=answers(UsageList), operation_id="usage_list", summary="Read usage")
def usage_list(request: HttpRequest, page: Query[UsageQuery], workspace: WorkspaceChoice = None) -> UsageList:
    """By day, the oldest first. Owners and admins read all of the workspace's, members their own.

    A key with `usage:read` reads what its person may; any other key what was used through it.
    """
    reach = usage_reach(request, workspace)
    wanted = _filter(page, reach)
    account_id, place = account_of(reach.call.workspace.pk).pk, place_of(ROLLUPS, page.after)
    found = ROLLUPS.page(usage_rollups_from(account_id, wanted, place), place, page.limit)
    return UsageList.model_validate(
        {
            "since": wanted.since,
            "until": wanted.until,
            "source": wanted.source,
            "totals": _sums(usage_totals(usage_rollups(account_id, wanted))),
            "items": [_out(row) for row in found.rows],
            "next": next_page(request, found.next),
        }
    )


def _filter(page: UsageQuery, reach: Reach) -> UsageFilter:
    """The caller's own narrows what was asked; asking for another's then finds nothing."""
    today = utc_now().date()
    until = page.until or today + timedelta(days=1)
    since = page.since or min(today, until - timedelta(days=1)).replace(day=1)
    if not since < until:
        raise FieldsInvalid(fields={"until": ["Choose a day after `since`."]})
    if (until - since).days > DAYS_MAX:
        raise FieldsInvalid(fields={"since": [f"Choose {DAYS_MAX} days at most."]})
    member_id, key_id = _narrowed(page.person, reach.member_id), _narrowed(page.key, reach.key_id)
    return UsageFilter(since, until, page.source, page.model, key_id, member_id)


def _narrowed(asked: str | None, own: str | None) -> str | None:
    if asked is not None and own is not None and asked != own:
        return "\0"  # matches no id
    return own if own is not None else asked


def _out(row: UsageRollup) -> dict[str, object]:
    sums = {name: getattr(row, name) for name in ("requests", "quarantined", *TOKEN_CLASSES, *_AMOUNTS)}
    place = {"day": row.day, "model": row.model, "key_id": row.key_id or None, "person_id": row.member_id or None}
    return {**place, **_sums(sums)}


_AMOUNTS: Final = ("cost", "charged", "carried")


def _sums(sums: dict[str, int]) -> dict[str, object]:
    return {
        "requests": sums["requests"],
        "quarantined": sums["quarantined"],
        "tokens": {name: sums[name] for name in TOKEN_CLASSES},
        **{f"{name}_micro_cents": sums[name] for name in _AMOUNTS},
    }
