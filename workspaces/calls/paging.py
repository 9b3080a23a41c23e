"""Lists in pages, by key: `?after=` goes on where a page ended, `?limit=` says how many, `next` is the next page."""

from collections.abc import Callable
from typing import Annotated, Final, TypeVar

from django.conf import settings
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from opencode.lib.errors import FieldsInvalid, NotFound
from workspaces.selectors.paging import PAGE_ROWS, SEARCH_CHARACTERS

Cursor = TypeVar("Cursor")
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


def next_page(request: HttpRequest, after: object | None) -> str | None:
    """This request's address with another `after`; None at the end."""
    if after is None:
        return None
    query = request.GET.copy()
    query["after"] = str(after)
    return f"{settings.PUBLIC_URL}{request.path}?{query.urlencode()}"


def cursor_of(parse: Callable[[str], Cursor], after: str | None) -> Cursor | None:
    """Where the page begins; raises FieldsInvalid for a text that no page hands out."""
    try:
        return parse(after) if after else None
    except NotFound as error:
        raise FieldsInvalid(fields={"after": ["Take it from the `next` of a page."]}) from error
