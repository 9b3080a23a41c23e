"""Lists in pages, by keyset: `?after=` goes on where a page ended, `?limit=` says how many, `next` is the next page."""

from typing import Annotated, Final

from django.conf import settings
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from opencode.lib.errors import FieldsInvalid
from opencode.lib.paging import PAGE_ROWS, SEARCH_CHARACTERS, CursorMalformed, Keyset, Place

PAGE_ROWS_LIMIT: Final = 100
CURSOR_CHARACTERS: Final = 100


class PageQuery(Schema):
    after: Annotated[
        str | None, Field(max_length=CURSOR_CHARACTERS, description="Where the page before ended; taken from `next`.")
    ] = None
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_LIMIT, description="How many at most.")] = PAGE_ROWS


class SearchQuery(PageQuery):
    search: Annotated[str, Field(max_length=SEARCH_CHARACTERS, description="Words that have to be in it.")] = ""


class Page(Schema):
    """What every list has beside its `items`."""

    next: Annotated[str | None, Field(description="The address of the next page; null at the end of the list.")] = None


def next_page(request: HttpRequest, cursor: str | None) -> str | None:
    """This request's URL with `after` set to the cursor; None at the end."""
    if cursor is None:
        return None
    query = request.GET.copy()
    query["after"] = cursor
    return f"{settings.PUBLIC_URL}{request.path}?{query.urlencode()}"


def place_of(keyset: Keyset, after: str | None) -> Place | None:
    """Where the page begins; raises FieldsInvalid for a cursor that no page of the list gives."""
    try:
        return keyset.read(after)
    except CursorMalformed as error:
        raise FieldsInvalid(fields={"after": ["Take it from the `next` of a page."]}) from error
