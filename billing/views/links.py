"""Links between views of usage: the same address with some of its query changed."""

from dataclasses import dataclass
from urllib.parse import urlencode

from billing.forms import GROUPS
from billing.selectors.breakdowns import names_of
from billing.selectors.usage import UsageFilter
from workspaces.access import WorkspaceAccess


@dataclass(frozen=True, slots=True)
class Link:
    """One of several ways to look; `query` is the rest of its address."""

    label: str
    query: str
    is_current: bool = False


def query_with(query: dict[str, str], **changes: str) -> str:
    """The query with changed fields; empty ones are left out."""
    return urlencode({name: value for name, value in {**query, **changes}.items() if value})


def narrowed_links(access: WorkspaceAccess, wanted: UsageFilter, query: dict[str, str]) -> list[Link]:
    """The filter's model, key and member, each with the query without it."""
    given = {"model": wanted.model, "key": wanted.key_id}
    given |= {"member": wanted.member_id} if access.can("usage.view_all") else {}
    return [
        Link(f"{dict(GROUPS)[name]}: {_name(access, name, value)}", query_with(query, **{name: ""}))
        for name, value in given.items()
        if value is not None
    ]


def _name(access: WorkspaceAccess, by: str, value: str) -> str:
    """The address may name anybody: only members' names are shown."""
    is_stranger = by == "member" and not access.workspace.memberships.filter(user_id=value).exists()
    return value if is_stranger else names_of(access.workspace.pk, by, [value])[value]
