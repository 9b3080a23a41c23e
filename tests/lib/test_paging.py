"""Pages by key: every row once, in order, whatever comes and goes; which texts lead to a page."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from opencode.lib.clock import utc_now
from opencode.lib.paging import (
    PAGE_ROWS,
    CursorMalformed,
    Keyset,
    by_id,
    by_moment,
    by_number,
)
from sync.models import Session

NOON: Final = datetime(2026, 3, 1, 12, 0, 0, 123_457, tzinfo=UTC)
LATEST: Final = Keyset(by_moment("last_activity_at", is_descending=True), by_number("id", is_descending=True))
MIXED: Final = Keyset(by_moment("last_activity_at", is_descending=True), by_id("client_id"))
EARLIEST: Final = Keyset(by_moment("last_activity_at"), by_number("id"))
BY_ID: Final = Keyset(by_id("client_id"))
BY_ID_DOWN: Final = Keyset(by_id("client_id", is_descending=True))
# Two rows of each minute.
MINUTES: Final = (0, 0, 1, 1, 2, 2, 3)


@pytest.fixture
def sessions(db: None) -> list[Session]:
    moments = [NOON + timedelta(minutes=minute) for minute in MINUTES]
    return [
        Session.objects.create(client_id=f"ses_{number}", owner_key="one", last_activity_at=moment)
        for number, moment in enumerate(moments)
    ]


def walked(keyset: Keyset, limit: int, pages: int) -> list[str]:
    """The numbers of the sessions on so many pages, which must be all there are."""
    seen, cursor = "", None
    for _ in range(pages):
        page = keyset.page(Session.objects.all(), keyset.read(cursor), limit)
        seen += "".join(row.client_id[-1] for row in page.rows) + "|"
        cursor = page.next
    assert cursor is None
    return seen.removesuffix("|").split("|")


@pytest.mark.usefixtures("sessions")
@pytest.mark.parametrize(
    ("keyset", "limit", "pages"),
    [
        (LATEST, 3, ["654", "321", "0"]),
        (LATEST, 7, ["6543210"]),
        (LATEST, 1, list("6543210")),
        (MIXED, 3, ["645", "230", "1"]),
        (MIXED, 2, ["64", "52", "30", "1"]),
        (EARLIEST, 3, ["012", "345", "6"]),
        (BY_ID, 4, ["0123", "456"]),
        (BY_ID_DOWN, 4, ["6543", "210"]),
    ],
)
def test_every_row_is_on_one_page_in_order(keyset: Keyset, limit: int, pages: list[str]) -> None:
    assert walked(keyset, limit, len(pages)) == pages


def test_rows_that_come_and_go_do_not_shift_the_next_page(sessions: list[Session]) -> None:
    first = LATEST.page(Session.objects.all(), None, 3)
    Session.objects.filter(pk=sessions[5].pk).update(last_activity_at=NOON + timedelta(days=1))
    Session.objects.filter(pk=sessions[4].pk).delete()
    second = LATEST.page(Session.objects.all(), LATEST.read(first.next), 3)
    assert [row.client_id for row in second.rows] == ["ses_3", "ses_2", "ses_1"]


def test_page_costs_one_query(sessions: list[Session]) -> None:
    place = LATEST.read(LATEST.cursor(sessions[3]))
    with CaptureQueriesContext(connection) as queries:
        LATEST.page(Session.objects.all(), place, 2)
    assert len(queries) == 1


def test_page_has_its_rows_where_nothing_is_said(sessions: list[Session]) -> None:
    owners = [Session(client_id=f"more_{number:03}", owner_key="two") for number in range(PAGE_ROWS + 1)]
    Session.objects.bulk_create(owners)
    page = BY_ID.page(Session.objects.filter(owner_key="two"), None)
    assert (len(page.rows), page.next) == (PAGE_ROWS, f"more_{PAGE_ROWS - 1:03}")


def test_values_are_paged_like_rows(sessions: list[Session]) -> None:
    page = LATEST.page(Session.objects.values("id", "last_activity_at"), None, 1)
    assert page.next == LATEST.cursor(sessions[-1])


CURSORS: Final[list[tuple[Keyset, Any, str]]] = [
    (LATEST, {"last_activity_at": NOON, "id": 42}, "1772366400123457.42"),
    (MIXED, {"last_activity_at": NOON, "client_id": "ses_x-1"}, "1772366400123457.ses_x-1"),
    (BY_ID, {"client_id": "ses_1"}, "ses_1"),
    (Keyset(by_number("seq")), {"seq": 7}, "7"),
]


@pytest.mark.parametrize(("keyset", "row", "cursor"), CURSORS)
def test_cursor_reads_back_what_it_says(keyset: Keyset, row: Any, cursor: str) -> None:
    assert keyset.cursor(row) == cursor
    assert keyset.read(cursor) == tuple(row.values())


@pytest.mark.parametrize("cursor", [None, ""])
def test_no_cursor_is_the_first_page(cursor: str | None) -> None:
    assert LATEST.read(cursor) is None


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1.", ".1", "1.x", "-1.1", "1.1.1", "9" * 18 + ".1", "1." + "9" * 19, "١.١", "1.1\n", "1. 1"]
)
def test_text_that_no_page_hands_out_is_told_apart(cursor: str) -> None:
    with pytest.raises(CursorMalformed):
        LATEST.read(cursor)
    assert LATEST.read_or_first(cursor) is None
    assert LATEST.read_or_first("1.1") is not None


@pytest.mark.parametrize("cursor", ["", "a b", "é", "a.b", "a" * 65, "a'"])
def test_id_that_no_page_hands_out_begins_the_list(cursor: str) -> None:
    assert BY_ID.read_or_first(cursor) is None


@pytest.mark.usefixtures("db")
def test_largest_cursor_can_be_asked_for() -> None:
    place = LATEST.read("9" * 17 + "." + "9" * 18)
    assert LATEST.page(Session.objects.all(), place).rows == []
    assert EARLIEST.page(Session.objects.filter(last_activity_at__gt=utc_now()), place).rows == []
