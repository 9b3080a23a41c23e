"""The palette: one search over a workspace's pages, acts, sessions, people and keys, with the rights of who asks.

Each kind is a few newest rows, compared here, so that no search costs more than another.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from opencode.web.navigation import entries_for
from sync.models import Session
from sync.protocol.keys import is_session_id
from workspaces.access import WorkspaceAccess, page_access
from workspaces.selectors.credentials import api_keys, live
from workspaces.selectors.members import members

SEARCH_CHARACTERS: Final = 100
LOOKED_AT: Final = 300
SHOWN: Final = 6
SCRIPT_HEADER: Final = "X-Palette"
"""Sent by `palette.js`, which wants the list alone."""


@dataclass(frozen=True, slots=True)
class Item:
    """`detail` tells items of the same label apart."""

    label: str
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Something to do, on the page with this URL name in the workspace."""

    label: str
    address: str
    permission: str


ACTS: Final = (
    Act("Create an API key", "workspaces:key_create", "key.create"),
    Act("Create a share token", "workspaces:token_create", "token.manage"),
    Act("Invite people", "workspaces:invite", "member.manage"),
    Act("Add a provider key", "gateway:provider_new", "model.manage"),
    Act("Add a model", "gateway:model_new", "model.manage"),
    Act("Add a webhook", "workspaces:webhook_new", "webhook.manage"),
    Act("Check a leaked key", "workspaces:key_check", "key.view"),
    Act("Leave the workspace", "workspaces:leave", "workspace.view"),
)
_MINE: Final = (
    ("Your profile", "accounts:profile"),
    ("Your security", "mfa_index"),
    ("Your devices", "accounts:devices"),
    ("Your machines", "steering:machines"),
    ("Docs", "docs"),
    ("API reference", "api_reference"),
)


@require_safe
def find(request: HttpRequest, slug: str) -> HttpResponse:
    """What a search finds, by kind; as a page for whoever has no scripts."""
    access = page_access(request, slug)
    search = request.GET.get("q", "").strip()[:SEARCH_CHARACTERS]
    context = {"access": access, "search": search, "found": found(access, search)}
    template = "palette/list.html" if SCRIPT_HEADER in request.headers else "palette/page.html"
    return render(request, template, context)


def found(access: WorkspaceAccess, search: str) -> list[tuple[str, list[Item]]]:
    """Kinds with their items, SHOWN each at most, none empty. Three reads at most; without a search only one."""
    words = search.casefold().split()
    kinds: list[tuple[str, Callable[[WorkspaceAccess], Iterable[Item]], str]] = [
        ("Pages", _pages, "workspace.view"),
        ("Acts", _acts, "workspace.view"),
        ("Sessions", _sessions, "session.view"),
    ]
    if words:
        kinds += [("People", _people, "member.view"), ("Keys", _keys, "key.view")]
    matching = [(kind, _matching(rows(access), words)) for kind, rows, permission in kinds if access.can(permission)]
    return [(kind, items) for kind, items in matching if items]


def _matching(items: Iterable[Item], words: Sequence[str]) -> list[Item]:
    """Those that hold every word, those that begin with the first one before others."""
    texts = ((item, f"{item.label} {item.detail}".casefold()) for item in items)
    fitting = [(item, text) for item, text in texts if all(word in text for word in words)]
    fitting.sort(key=lambda pair: bool(words) and not pair[1].startswith(words[0]))
    return [item for item, _ in fitting[:SHOWN]]


def _pages(access: WorkspaceAccess) -> list[Item]:
    here = [Item(entry.label, reverse(entry.address, args=[access.workspace.slug])) for entry in entries_for(access)]
    return [*here, *(Item(label, reverse(name)) for label, name in _MINE)]


def _acts(access: WorkspaceAccess) -> list[Item]:
    slug = access.workspace.slug
    return [Item(act.label, reverse(act.address, args=[slug])) for act in ACTS if access.can(act.permission)]


def _sessions(access: WorkspaceAccess) -> list[Item]:
    rows = Session.objects.filter(workspace=access.workspace).order_by("-last_activity_at", "-id")
    names = rows.values_list("client_id", "title")[:LOOKED_AT]
    slug = access.workspace.slug
    return [
        Item(title or "Untitled", reverse("sync:session", args=[slug, client_id]), client_id)
        for client_id, title in names
        if is_session_id(client_id)
    ]


def _people(access: WorkspaceAccess) -> list[Item]:
    slug, is_manager = access.workspace.slug, access.can("member.manage")
    listed = reverse("workspaces:members", args=[slug])
    return [
        Item(
            row.user.display_name,
            reverse("workspaces:member", args=[slug, row.pk]) if is_manager else listed,
            row.user.email,
        )
        for row in members(access.workspace).order_by("-pk")[:LOOKED_AT]
    ]


def _keys(access: WorkspaceAccess) -> list[Item]:
    only_of = None if access.can("key.manage_all") else access.user
    rows = live(api_keys(access.workspace, only_of=only_of)).order_by("-pk")[:LOOKED_AT]
    return [Item(row.name, reverse("workspaces:key", args=[access.workspace.slug, row.pk]), row.prefix) for row in rows]
