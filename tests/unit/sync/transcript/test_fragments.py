"""Fragments: one entry each, rendered once, and never able to break a page."""

import pytest

from sync.render.entries import Job
from sync.store import StateRow
from sync.transcript import fragments
from sync.transcript.document import entry_of
from sync.transcript.fragments import Fragment, fragments_of
from tests.support.rendering import renderings
from tests.unit.sync.transcript.entries import CREATED, SESSION, dangers, message, part, row, text_of, transcript


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the entries rendered during the test."""
    return renderings(monkeypatch)


def fragment_of(row: StateRow, epoch: str) -> Fragment | None:
    return next(iter(fragments_of([row], epoch)), None)


def test_two_hundred_viewers_cost_one_rendering(rendered: list[str]) -> None:
    changed = part(type="text", text="news")
    seen = {fragment_of(changed, "e-viewers") for _ in range(200)}
    assert len(seen) == 1
    assert rendered == [changed.key]


def test_a_page_and_its_fragments_share_what_was_rendered(rendered: list[str]) -> None:
    rows = [message(), part(type="text", text="hello")]
    transcript(*rows, epoch="e-shared")
    assert [fragment_of(each, "e-shared") is not None for each in rows] == [True, True]
    assert len(rendered) == 2


def test_a_newer_number_is_another_fragment(rendered: list[str]) -> None:
    first = fragment_of(part(type="text", text="one", seq=5), "e-newer")
    second = fragment_of(part(type="text", text="two", seq=6), "e-newer")
    other_epoch = fragment_of(part(type="text", text="three", seq=6), "e-newer-2")
    assert first
    assert second
    assert other_epoch
    assert ["one" in first.html, "two" in second.html, "three" in other_epoch.html] == [True, True, True]
    assert len(rendered) == 3


def test_a_part_names_its_message_and_its_place() -> None:
    fragment = fragment_of(part("prt_7", "msg_3", type="text", text="x", seq=9), "e-part")
    assert fragment is not None
    assert (fragment.kind, fragment.parent, fragment.order, fragment.seq) == ("part", "msg_3", "prt_7", 9)
    assert 'id="prt_7"' in fragment.html
    assert 'data-seq="9"' in fragment.html


def test_a_message_sorts_by_time_then_id() -> None:
    fragment = fragment_of(message("msg_3"), "e-order")
    assert fragment is not None
    assert (fragment.kind, fragment.parent, fragment.order) == ("message", None, f"{CREATED:016d}:msg_3")


@pytest.mark.parametrize("key", [f"session/info/{SESSION}", f"session/model/{SESSION}", "nonsense"])
def test_entries_a_page_does_not_show_by_themselves_have_no_fragment(key: str) -> None:
    assert fragment_of(row(key, {}), "e-none") is None


def test_a_frame_holds_its_message_only_once() -> None:
    html = transcript(message(), part(type="text", text="<!--parts-->"), epoch="e-slot").messages
    assert "<!--" not in html
    assert "&lt;!--parts--&gt;" in html


def test_parts_stand_inside_their_message() -> None:
    html = transcript(message(), part(type="text", text="inside"), epoch="e-inside").messages
    assert html.index("data-parts") < html.index("inside") < html.index('data-slot="end"')


def test_an_assistants_message_shows_model_time_and_error() -> None:
    frame = message(
        role="assistant",
        modelID="fake-1",
        providerID="gw",
        time={"created": CREATED, "completed": CREATED + 4_200},
        error={"name": "APIError", "data": {"message": "overloaded", "responseHeaders": {"authorization": "hush"}}},
    )
    html = transcript(frame, epoch="e-assistant").messages
    seen = " ".join(text_of(html).split())
    assert seen == "Assistant gw/fake-1 4.2 s 2026-11-22 09:38:03 APIError overloaded"
    assert 'data-model="gw/fake-1"' in html


def test_a_message_that_is_not_finished_says_so() -> None:
    assert "Working" in transcript(message(role="assistant"), epoch="e-working").messages
    assert "Working" not in transcript(message(role="user"), epoch="e-user").messages


def test_what_a_turn_changed_stands_with_it() -> None:
    diff = {"file": "note.txt", "patch": "@@ -0,0 +1 @@\n+hello", "additions": 1, "deletions": 0}
    html = transcript(message(summary={"diffs": [diff]}), epoch="e-turn").messages
    assert "note.txt" in html
    assert "line-added" in html


def test_the_sessions_diff_has_its_own_section() -> None:
    diff = {"file": "note.txt", "before": "", "after": "hello\n"}
    changes = transcript(row(f"session/diff/{SESSION}", [diff]), epoch="e-diff").changes
    assert "1 file changed" in changes
    assert transcript(row(f"session/diff/{SESSION}", []), epoch="e-nodiff").changes == ""


def test_orphans_wait_outside_the_messages() -> None:
    shown = transcript(message("msg_1"), part("prt_1", "msg_2", type="text", text="early"), epoch="e-orphan")
    assert "early" not in shown.messages
    assert 'data-parent="msg_2"' in shown.orphans


def test_models_are_those_that_answered_by_the_names_the_agent_gave() -> None:
    shown = transcript(
        message("msg_1", role="assistant", modelID="fake-1", providerID="gw"),
        message("msg_2", role="assistant", modelID="other", providerID="gw"),
        row(f"session/model/{SESSION}", [{"id": "fake-1", "providerID": "gw", "name": "Fake 1", "headers": "hush"}]),
        epoch="e-models",
    )
    assert shown.models == (("gw/fake-1", "Fake 1"), ("gw/other", "gw/other"))


def test_a_renderer_that_fails_costs_its_own_place_only(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = part(type="text", text="x")
    monkeypatch.setattr(
        fragments, "Job", lambda *args, **more: Job(*args, **(more if args[1] != broken.key else {"before": 7}))
    )
    html = transcript(message(), broken, part("prt_2", type="agent", name="y"), epoch="e-broken").messages
    assert "could not be shown" in html
    assert 'id="prt_1"' in html
    assert "Agent" in text_of(html)


def test_what_takes_too_much_is_shown_cautiously_and_remembered(rendered: list[str]) -> None:
    slow = part(type="text", text="```c\n" + "\n" * 10_000 + "```\n<b>")
    first, again = (fragments_of([slow], "e-slow")[0] for _ in range(2))
    assert 'class="plain-text"' in first.html
    assert "&lt;b&gt;" in first.html
    assert first == again
    assert not first.is_plain
    assert rendered == [slow.key, slow.key]


def test_a_large_entry_gives_way_to_a_link_to_it() -> None:
    state = {"title": "all.txt", "status": "completed", "input": {"filePath": "all.txt", "content": "x\n" * 40_000}}
    large = part(type="tool", tool="write", state=state)
    (stub,) = fragments_of([large], "e-large")
    assert f'href="?entry={large.key}"' in stub.html
    assert "write · all.txt" in stub.html
    assert len(stub.html) < 1_000
    (whole,) = fragments_of([large], "e-large", is_whole=True)
    assert whole.html.count("x") > 40_000


def test_the_large_pieces_of_a_message_give_way_too() -> None:
    turn = message(summary={"diffs": [{"file": "a.txt", "patch": "+short"}]})
    long = message("msg_2", summary={"diffs": [{"file": "a.txt", "patch": "+" + ("x" * 90 + "\n+") * 1_500}]})
    short_html, long_html = (fragment.html for fragment in fragments_of([turn, long], "e-turns"))
    assert "?entry=" not in short_html
    assert f"?entry={long.key}" in long_html
    assert "xxx" not in long_html
    assert "xxx" in fragments_of([long], "e-turns", is_whole=True)[0].html


def test_a_session_of_odd_entries_is_still_a_page() -> None:
    odd = [None, 7, "x", [], {}, {"role": 5, "time": 7, "parts": 3, "error": "x", "metadata": {"assistant": 1}}, "{"]
    rows = [row(f"session/message/{SESSION}/m{number}", each, number + 1) for number, each in enumerate(odd)]
    rows += [row(f"session/part/{SESSION}/m{number}/p", each, number + 20) for number, each in enumerate(odd)]
    rows += [row(f"session/{kind}/{SESSION}", odd, 99) for kind in ("info", "diff", "model", "todo")]
    shown = transcript(*rows, epoch="e-odd")
    assert shown.messages.count("<article") == len(odd)
    assert dangers(shown.messages + shown.others + shown.changes) == []


def test_a_recorded_key_reads_back_as_an_entry() -> None:
    entry = entry_of(part())
    assert entry is not None
    assert entry.name.segments == ("msg_1", "prt_1")


def test_an_empty_session_is_an_empty_page() -> None:
    shown = transcript(epoch="e-empty")
    assert (shown.messages, shown.changes, shown.others, shown.models) == ("", "", "", ())
