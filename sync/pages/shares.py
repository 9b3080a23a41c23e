"""Links to a session: created and ended by members of its workspace."""

from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from sync.errors import LinkTooLong, OpenLinksOff, ShareLimitReached
from sync.models import Share
from sync.pages.forms import ShareLinkForm, ShareMaskingForm
from sync.pages.reading import ReadableSession, member_reading
from sync.sharing import (
    KEPT_DAYS,
    NOT_OPENED,
    links_used,
    opened_days,
    session_shares,
    share_link_create,
    share_link_end,
    share_masking_set,
    share_policy,
    share_state,
)

DAYS_SHOWN: Final = 30


@require_http_methods(["GET", "HEAD", "POST"])
def share_create(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    """Create a link; scripts open this page in a dialog."""
    reading = member_reading(request, slug, client_id, is_page=True, permission="session.share")
    policy = share_policy(reading.session.workspace_id)
    form = ShareLinkForm(request.POST if request.method == "POST" else None, policy=policy)
    if request.method == "POST" and form.is_valid():
        try:
            share = _created(reading, form)
        except (ShareLimitReached, OpenLinksOff, LinkTooLong) as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect(f"{reverse('sync:share-link', args=[slug, client_id, share.pk])}?new")
    context = {**_context(reading), "form": form}
    return render(request, "sync/share_create.html", context, status=422 if form.errors else 200)


@require_safe
def share_link(request: HttpRequest, slug: str, client_id: str, share_id: str) -> HttpResponse:
    """One link: its address to copy, who may open it and until when, and how often it was opened, by day."""
    reading = member_reading(request, slug, client_id, is_page=True)
    share = session_shares(reading.session).filter(pk=share_id).first()
    if share is None:
        raise NotFound
    context = {
        **_context(reading),
        "share": share,
        "state": share_state(share),
        "link": settings.PUBLIC_URL + reverse("sync:share", args=[share.pk]),
        "is_new": "new" in request.GET,
        "use": links_used([share.pk]).get(share.pk, NOT_OPENED),
        "days": opened_days(share.pk, utc_now().date(), DAYS_SHOWN),
        "kept_days": KEPT_DAYS,
        "may_share": reading.may("session.share"),
    }
    return render(request, "sync/share_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def share_end(request: HttpRequest, slug: str, client_id: str, share_id: str) -> HttpResponse:
    """GET asks for confirmation, naming the link; POST ends it."""
    reading = member_reading(request, slug, client_id, is_page=True, permission="session.share")
    share = session_shares(reading.session).filter(pk=share_id).first()
    if share is None:
        raise NotFound
    if request.method == "POST":
        share_link_end(share=share, actor=reading.actor)
        messages.success(request, f"The link /share/{share.pk} is revoked.")
        return redirect(f"{reading.url('page')}?shares")
    return render(request, "sync/share_end.html", {**_context(reading), "share": share, "state": share_state(share)})


@require_http_methods(["GET", "HEAD", "POST"])
def share_masking(request: HttpRequest, slug: str, client_id: str, share_id: str) -> HttpResponse:
    """GET asks, saying what readers of the link will see; POST shows them the secrets, or hides them again."""
    reading = member_reading(request, slug, client_id, is_page=True, permission="session.share")
    share = session_shares(reading.session).filter(pk=share_id).first()
    if share is None:
        raise NotFound
    form = ShareMaskingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        masks = bool(form.cleaned_data["masks_secrets"])
        share_masking_set(share=share, masks_secrets=masks, actor=reading.actor)
        done = "hides secrets from its readers" if masks else "shows its readers the secrets too"
        messages.success(request, f"The link /share/{share.pk} {done}.")
        return redirect(f"{reading.url('page')}?shares")
    context = {**_context(reading), "share": share, "state": share_state(share), "form": form}
    return render(request, "sync/share_masking.html", context, status=422 if form.errors else 200)


def _created(reading: ReadableSession, form: ShareLinkForm) -> Share:
    return share_link_create(
        session=reading.session,
        actor=reading.actor,
        visibility=form.cleaned_data["visibility"],
        expires_at=form.expires_at(),
        masks_secrets=not form.cleaned_data["shows_secrets"],
    )


def _context(reading: ReadableSession) -> dict[str, object]:
    return {"access": reading.access, "nav": "sessions", "reading": reading, "session_name": str(reading.session)}
