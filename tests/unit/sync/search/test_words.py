"""The words of the index: texts and queries of any script meet, whatever was typed stays harmless."""

import re
import time

import pytest

from sync.search.words import LONGEST_WORD, QUERY_WORDS, query_words, text_words, workspace_word


def is_found(query: str, text: str) -> bool:
    """As an engine that has only the text's words would answer."""
    words = set(text_words(text))
    wanted = query_words(query)
    hit = all(any(w == q.word or (q.is_prefix and w.startswith(q.word)) for w in words) for q in wanted)
    return bool(wanted) and hit


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("migration", "the Migrations of last week"),
        ("MIGRAT", "migrations"),
        ("session page", "def session_page(workspace):"),
        ("session_page", "SessionPage"),
        ("sessionPage", "session_page"),
        ("httpserver", "class HTTPServerError"),
        ("server error", "class HTTPServerError"),
        ("rows.py", "sync/pages/rows.py"),
        ("pages/rows", "see sync/pages/rows.py"),
        ("naive", "a naïve plan"),
        ("Größe", "GRÖSSE"),
        ("привет", "Привет, мир"),
        ("прив", "приветствие"),
        ("会議", "今日の会議は中止"),
        ("会", "会議"),
        ("議", "会議"),
        ("日", "今日"),
        ("データベース", "新しいデータベースを作る"),
        ("회의", "내일 회의가 있다"),
        ("v2", "the API v2 of x"),
        ("388e5", "commit 388e528"),
        ("the upload", "upload"),
        ("ﬁle", "file"),
        ("ＡＰＩ", "api"),
    ],
)
def test_query_finds_text(query: str, text: str) -> None:
    assert is_found(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("migration", "immigration"),
        ("upload", "upl oad"),
        ("議会", "会議"),
        ("日曜", "今日は曜日"),
        ("up", "upload"),
        ("session pages", "session only"),
        ("привет", "при вет"),
    ],
)
def test_query_does_not_find_text(query: str, text: str) -> None:
    assert not is_found(query, text)


@pytest.mark.parametrize(
    "query",
    ["", "   ", "\0", "🙂 🎉", "the of and", "-", "a", "+ - * ( ) ~ < > @ \" '", "_", "x" * (LONGEST_WORD + 1)],
)
def test_query_without_a_word_has_nothing_to_look_for(query: str) -> None:
    assert query_words(query) == ()


@pytest.mark.parametrize(
    "query",
    [
        'upload" OR words:*',
        "+upload -download >x <y ~z (a b)* @4",
        "NEAR(upload, 5) AND NOT column : value",
        "upload\0download",
        "'; DROP TABLE sync_session; --",
        "{words}: ^upload",
        "\ud800 upload",
        "é" * 150,
        "ﷺ" * 150,
        " ".join(f"word{number}" for number in range(10_000)),
    ],
)
def test_words_of_any_query_are_few_and_plain(query: str) -> None:
    words = query_words(query)
    assert len(words) <= QUERY_WORDS
    assert all(re.fullmatch(r"[xu][0-9a-z]{2,80}", each.word) for each in words)


def test_words_of_any_text_are_plain_and_fit_into_an_engines_index() -> None:
    text = "".join(map(chr, range(1, 0x3000))) + " 漢字" + "я" * 60 + " " + "Ab" * 30 + "\U00020000\U0001f600"
    assert all(re.fullmatch(r"[xu][0-9a-z]{2,79}", word) for word in text_words(text))


def test_no_word_is_taken_for_a_workspaces() -> None:
    word = workspace_word("wrk_01JABCDEFGHJKMNPQRSTVWXYZ0")
    assert re.fullmatch(r"w[0-9a-z]{29}", word)
    assert not any(each.word.startswith("w") for each in query_words(f"{word} wrk_01J workspace"))


@pytest.mark.parametrize("piece", ["aB", "a_", "é", "漢", "я", "A1", "ﷺ", "\u0301"])
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    def taken(repeats: int) -> float:
        began = time.process_time()
        list(text_words(piece * repeats))
        return time.process_time() - began

    taken(1_000)
    assert taken(100_000) < 60 * max(taken(5_000), 0.005)
