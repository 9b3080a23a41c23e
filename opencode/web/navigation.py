"""The pages of a workspace, in the order of its sidebar: who may open each, and what is counted beside it.

One list for the sidebar and the palette. A new page is one more line here, with an icon in templates/console/icons.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse

from opencode.lib.clock import utc_now
from opencode.lib.shown import capped_count
from opencode.web.counting import rows_counted
from steering.selectors.asks import asks_waiting
from steering.selectors.inbox import asks_of_person
from sync.protocol.state import SessionState
from sync.store import matching_sessions
from workspaces.access import WorkspaceAccess


class Group(StrEnum):
    """A heading of the sidebar, in order; the first group stands without one."""

    WORK = ""
    AGENTS = "Agents"
    WORKSPACE = "Workspace"


@dataclass(frozen=True, slots=True)
class Count:
    """A number beside a page. `name` is its class in the stylesheet and unique among all; `words` follow the number.

    `rows` are what is counted at a time: they must be found by an index, and only those that are counted.
    """

    name: str
    words: str
    rows: Callable[[WorkspaceAccess, datetime], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the sidebar. Its views give `name` to their template as `nav`; `address` is its URL name.

    `key` is the letter that leads there after a `g`; `d` is taken by the documents.
    """

    name: str
    label: str
    address: str
    group: Group
    permission: str = "workspace.view"
    counts: tuple[Count, ...] = ()
    key: str = ""

    @property
    def icon(self) -> str:
        return f"console/icons/{self.name}.svg"


@dataclass(frozen=True, slots=True)
class ShownCount:
    name: str
    number: str
    words: str


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as the sidebar shows it to one person; counts of nothing are left out."""

    entry: Entry
    url: str
    counts: tuple[ShownCount, ...]


RUNNING: Final = Count(
    "running", "running", lambda access, now: matching_sessions(access.workspace, now=now, state=SessionState.RUNNING)
)
WAITING: Final = Count("waiting", "waiting", lambda access, _now: asks_waiting(access.workspace, access.user))
FOR_YOU: Final = Count("inbox", "for you in all workspaces", lambda access, _now: asks_of_person(access.user))

ENTRIES: Final = (
    Entry("overview", "Overview", "overview", Group.WORK, "session.view", key="o"),
    Entry("sessions", "Sessions", "sync:sessions", Group.WORK, "session.view", (RUNNING, WAITING), key="s"),
    Entry("inbox", "Inbox", "steering:inbox", Group.WORK, "session.view", (FOR_YOU,), key="i"),
    Entry("links", "Links", "sync:links", Group.WORK, "session.view", key="l"),
    Entry("usage", "Usage", "billing:usage", Group.WORK, "usage.view", key="u"),
    Entry("connect", "Connect", "gateway:connect", Group.AGENTS, key="n"),
    Entry("models", "Models", "gateway:models", Group.AGENTS, "model.view", key="m"),
    Entry("keys", "Keys", "workspaces:keys", Group.AGENTS, "key.view", key="k"),
    Entry("configuration", "Configuration", "workspaces:configuration", Group.AGENTS, "config.view", key="c"),
    Entry("members", "Members", "workspaces:members", Group.WORKSPACE, "member.view", key="p"),
    Entry("billing", "Billing", "billing:billing", Group.WORKSPACE, "usage.view_all", key="b"),
    Entry("audit", "Audit", "workspaces:audit", Group.WORKSPACE, "audit.view", key="a"),
    Entry("settings", "Settings", "workspaces:settings", Group.WORKSPACE, key="t"),
)


def entries_for(access: WorkspaceAccess) -> list[Entry]:
    """The pages that the person's role may open."""
    return [entry for entry in ENTRIES if access.can(entry.permission)]


def navigation(access: WorkspaceAccess) -> list[tuple[Group, list[Link]]]:
    """The sidebar of one person in one workspace. All counts together are one statement."""
    entries, now = entries_for(access), utc_now()
    counts = [count for entry in entries for count in entry.counts]
    numbers = rows_counted(access.workspace, {count.name: count.rows(access, now) for count in counts})
    links = [_link(entry, access.workspace.slug, numbers) for entry in entries]
    return [(group, list(some)) for group, some in groupby(links, lambda link: link.entry.group)]


def _link(entry: Entry, slug: str, numbers: dict[str, int]) -> Link:
    shown = tuple(
        ShownCount(count.name, capped_count(numbers[count.name]), count.words)
        for count in entry.counts
        if numbers[count.name]
    )
    return Link(entry, reverse(entry.address, args=[slug]), shown)
