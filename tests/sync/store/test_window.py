"""Pages of a session as they are read: complete, bounded, in order, and without looking at more than they return."""

from typing import Any

import pytest

from sync.models import Session, SessionEntry
from sync.store import EntryPosition, SessionIsCold, Window, read_piece, read_window, window
from sync.store.window import MESSAGES, OTHERS, PARTS
from sync.store.windowrows import ENTRY_BYTES
from tests.support.plans import findings, growing_tables, recorded, rows_read
from tests.support.transcripts import CLIENT_ID, make_session

pytestmark = pytest.mark.django_db


def message_id(number: int) -> str:
    return f"msg_{number:05d}"


def entries(session: Session, keys: list[str], content: str = '{"id": "x"}', **fields: Any) -> None:
    first = SessionEntry.objects.filter(session=session).count() + 1
    size = len(content.encode())
    SessionEntry.objects.bulk_create(
        [
            SessionEntry(session=session, key=key, seq=first + number, content=content, size=size, **fields)
            for number, key in enumerate(keys)
        ],
        batch_size=500,
    )


def turns(session: Session, count: int, parts: int, content: str = '{"id": "x"}', client_id: str = CLIENT_ID) -> None:
    """So many messages with so many parts each."""
    keys: list[str] = []
    for number in range(count):
        folder = f"session/part/{client_id}/{message_id(number)}"
        keys += [f"session/message/{client_id}/{message_id(number)}"]
        keys += [f"{folder}/prt_{part:05d}" for part in range(parts)]
    entries(session, keys, content)


def read(session: Session, **place: EntryPosition) -> Window:
    found = read_window(session.pk, CLIENT_ID, **place)
    assert found is not None
    return found


def names(page: Window) -> list[str]:
    """Messages and parts without the session's name, in order."""
    shown = [row.key.split(f"/{CLIENT_ID}/") for row in page.rows if "/message/" in row.key or "/part/" in row.key]
    return sorted(rest for _, rest in shown)


def walked_back(session: Session) -> list[Window]:
    pages = [read(session)]
    while pages[-1].earlier is not None:
        pages.append(read(session, before=pages[-1].earlier))
    return pages


def walked_on(session: Session, at: EntryPosition) -> list[Window]:
    pages = [read(session, at=at)]
    while pages[-1].later is not None:
        pages.append(read(session, at=pages[-1].later))
    return pages


def parts_of(pages: list[Window]) -> list[str]:
    return sorted(name for page in pages for name in names(page) if "/" in name)


SHAPES = [(3, 2), (MESSAGES, 1), (MESSAGES + 1, 1), (3 * MESSAGES, 4), (2, PARTS + 7), (5, PARTS // 2), (1, 3 * PARTS)]


@pytest.mark.parametrize(("count", "parts"), SHAPES)
def test_pages_back_and_on_hold_every_part_once(count: int, parts: int) -> None:
    session = make_session()
    turns(session, count, parts)
    every = sorted(f"{message_id(number)}/prt_{part:05d}" for number in range(count) for part in range(parts))
    back, on = walked_back(session), walked_on(session, EntryPosition(message_id(0)))
    assert parts_of(back) == every
    assert parts_of(on) == every
    assert all(len(names(page)) <= PARTS + MESSAGES for page in back + on)
    assert (back[0].later, on[0].earlier) == (None, None)


@pytest.mark.parametrize(("count", "parts"), SHAPES)
def test_a_part_never_comes_without_its_message(count: int, parts: int) -> None:
    session = make_session()
    turns(session, count, parts)
    for page in [*walked_back(session), *walked_on(session, EntryPosition(message_id(0)))]:
        found = names(page)
        assert {name.split("/")[0] for name in found} == {name for name in found if "/" not in name}


def test_a_position_in_the_middle_parts_what_is_before_from_what_is_after() -> None:
    session = make_session()
    turns(session, 3, 3)
    middle = EntryPosition(message_id(1), "prt_00001")
    before, after = read(session, before=middle), read(session, at=middle)
    assert names(before)[-2:] == [message_id(1), f"{message_id(1)}/prt_00000"]
    assert names(after)[:2] == [message_id(1), f"{message_id(1)}/prt_00001"]
    assert (before.later, after.earlier) == (middle, middle)


def test_a_large_entry_is_told_of_without_its_content() -> None:
    session = make_session()
    turns(session, 1, 1, '{"role": "user", "text": "' + "x" * ENTRY_BYTES + '"}')
    rows = [row for row in read(session).rows if row.is_cut]
    assert len(rows) == 2
    assert all(len(row.content) == 4096 and row.size > ENTRY_BYTES for row in rows)


def test_what_is_read_is_bounded_in_bytes() -> None:
    session = make_session()
    turns(session, 1, 60, '"' + "x" * 200_000 + '"')
    assert sum(len(row.content) for row in read(session).rows) < 3_500_000
    assert len(walked_back(session)) == 4


def test_what_is_about_the_whole_session_comes_with_every_page_and_others_are_bounded() -> None:
    session = make_session()
    turns(session, MESSAGES + 5, 1)
    single = [f"session/{kind}/{CLIENT_ID}" for kind in ("info", "diff", "model")]
    others = [f"session/{kind}/{CLIENT_ID}/{number}" for kind in ("a", "dz", "todo", "item:x") for number in range(30)]
    entries(session, [*single, *others])
    for page in walked_back(session):
        keys = [row.key for row in page.rows]
        assert set(single) <= set(keys)
        assert [sum(key.startswith(f"session/{kind}/") for key in keys) for kind in ("a", "dz", "todo")] == [OTHERS] * 3


def test_removed_entries_and_other_sessions_are_left_out() -> None:
    session, other = make_session(), make_session(client_id="ses_2")
    turns(session, 2, 1)
    turns(other, 9, 9)
    SessionEntry.objects.filter(session=session, key__endswith=message_id(0)).update(deleted=True, content="", size=0)
    assert names(read(session)) == [f"{message_id(0)}/prt_00000", message_id(1), f"{message_id(1)}/prt_00000"]


def test_a_session_that_is_gone_empty_or_cold() -> None:
    session = make_session()
    assert read_window(session.pk + 1, CLIENT_ID) is None
    assert read(session).rows == []
    Session.objects.update(cold_at="2026-01-01T00:00:00Z")
    with pytest.raises(SessionIsCold):
        read_window(session.pk, CLIENT_ID)


def test_a_history_replaced_between_two_statements_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    session = make_session()
    turns(session, 2, 2)
    chosen = window._Reading._chosen_parts
    replaced = iter(["another"])

    def late(self: Any, *args: Any, **options: Any) -> Any:
        Session.objects.filter(epoch=session.epoch).update(epoch=next(replaced, session.epoch))
        return chosen(self, *args, **options)

    monkeypatch.setattr(window._Reading, "_chosen_parts", late)
    page = read(session)
    assert page.epoch == "another"
    assert len(names(page)) == 6


PLACES: list[dict[str, EntryPosition]] = [
    {},
    {"before": EntryPosition(message_id(50))},
    {"before": EntryPosition(message_id(50), "prt_00001")},
    {"at": EntryPosition(message_id(50))},
    {"at": EntryPosition(message_id(50), "prt_00001")},
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_a_page_costs_the_same_however_long_the_session_is(place: dict[str, EntryPosition]) -> None:
    """The running code's own statements: no scan, and no more rows looked at in a session four times as long."""
    session, long = make_session(), make_session(client_id="ses_long")
    turns(session, 100, 3)
    turns(long, 400, 3, client_id="ses_long")
    read_rows = []
    for each in (session, long):
        with recorded() as statements:
            read_window(each.pk, each.client_id, **place)
        assert len(statements) == 3
        growing = growing_tables()
        assert [finding for statement in statements for finding in findings(statement, growing)] == []
        read_rows.append(sum(map(rows_read, statements)))
    assert read_rows[1] < read_rows[0] * 1.1 + 20


def test_a_piece_costs_the_same_wherever_in_the_session_it_is() -> None:
    session = make_session()
    turns(session, 20, 200)
    read_rows = []
    for since in (0, 3_000):
        with recorded() as statements:
            piece = read_piece(session.pk, since)
        assert piece is not None
        assert [row.seq for row in piece.rows] == list(range(since + 1, since + 501))
        growing = growing_tables()
        assert [finding for statement in statements for finding in findings(statement, growing)] == []
        read_rows.append(sum(map(rows_read, statements)))
    assert read_rows[1] < read_rows[0] * 1.1 + 20
