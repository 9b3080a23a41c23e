"""One page for everything that waits for a person, across workspaces and machines, and what has ended lately."""

from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from accounts.models import User
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from steering.pages.showing import asks_shown
from steering.selectors.inbox import asks_of_person, ended_of_person
from workspaces.access import page_access, shell_access

SHOWN_ASKS: Final = 20
SHOWN_ENDED: Final = 50


@require_safe
@login_required
def inbox_of_person(request: HttpRequest) -> HttpResponse:
    """The inbox in the workspace they looked at last. Raises NotFound for whoever has none."""
    access = shell_access(request)
    if access is None:
        raise NotFound
    return redirect("steering:inbox", access.workspace.slug)


@require_safe
@login_required
def inbox(request: HttpRequest, slug: str) -> HttpResponse:
    """In the shell of a workspace, what it lists is the person's in all of theirs. With `?part` the lists alone."""
    access = page_access(request, slug, "session.view")
    template = "steering/inbox_lists.html" if "part" in request.GET else "steering/inbox.html"
    context = {"access": access, "nav": "inbox", **_lists(request, access.user)}
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    return response


def _lists(request: HttpRequest, user: User) -> dict[str, Any]:
    asks = list(asks_of_person(user)[: SHOWN_ASKS + 1])
    return {
        "waiting": asks_shown(request, asks[:SHOWN_ASKS]),
        "has_more": len(asks) > SHOWN_ASKS,
        "shown_asks": SHOWN_ASKS,
        "ended": ended_of_person(user, now=utc_now())[:SHOWN_ENDED],
    }
