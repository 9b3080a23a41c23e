"""Redirects old links: pages below a slug that its workspace no longer has."""

from typing import Final

from django.http import HttpRequest, HttpResponsePermanentRedirect

from workspaces.selectors.moves import slug_now

ROOT: Final = "/workspaces/"


def moved_page(request: HttpRequest) -> HttpResponsePermanentRedirect | None:
    """A 308 redirect to the same page below the present slug, for members; None when nothing moved.

    Browsers must not cache it: the workspace may take its old slug back, and two cached redirects would form a loop.
    """
    match = request.resolver_match
    former = match.kwargs.get("slug", "") if match is not None else ""
    path = request.get_full_path()
    if not former or not path.startswith(f"{ROOT}{former}/"):
        return None
    slug = slug_now(request.user, former)
    if slug is None:
        return None
    response = HttpResponsePermanentRedirect(
        f"{ROOT}{slug}/{path.removeprefix(f'{ROOT}{former}/')}", preserve_request=True
    )
    response["Cache-Control"] = "no-store"
    return response
