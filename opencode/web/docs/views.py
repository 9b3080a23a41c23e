"""The pages of the documents: the list with its search, and each document."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from opencode.web.docs.contents import SHELVES
from opencode.web.docs.documents import document, entry_of
from opencode.web.docs.search import SEARCH_CHARACTERS, documents_search


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All documents by shelf, or the passages that a search finds."""
    search = request.GET.get("q", "").strip()[:SEARCH_CHARACTERS]
    context = {"shelves": SHELVES, "search": search, "found": documents_search(search)}
    return render(request, "docs/index.html", context)


@require_safe
def page(request: HttpRequest, address: str) -> HttpResponse:
    """One document. Raises NotFound."""
    entry = entry_of(address)
    shown = document(address)
    context = {"shelves": SHELVES, "entry": entry, "shown": shown, "address": address}
    return render(request, "docs/page.html", context)


@require_safe
def of_api(request: HttpRequest) -> HttpResponse:
    """Where programs and people look for the JSON API's documents."""
    return redirect("api_reference")
