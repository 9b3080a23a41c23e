"""A session's document: which texts are in it, in which order of importance, and what never is."""

import json
from typing import Any

import pytest

from sync.search.document import DOCUMENT_CHARACTERS, SESSION_CHARACTERS, session_words
from sync.search.words import text_words, workspace_word

WORKSPACE = "wrk_1"
Entry = tuple[str, Any]


def words_of(*entries: Entry) -> set[str]:
    return set(session_words(WORKSPACE, [(key, json.dumps(content)) for key, content in entries]).split(" "))


def has(words: set[str], text: str) -> bool:
    return set(text_words(text)) <= words


def part(name: str, **fields: Any) -> Entry:
    return f"session/part/ses_1/msg_{name}/prt_{name}", fields


def message(name: str, role: str, **fields: Any) -> Entry:
    return f"session/message/ses_1/msg_{name}", {"role": role, **fields}


def tool(name: str, state: dict[str, Any]) -> Entry:
    return part(name, type="tool", tool="bash", state=state)


SAID: dict[str, list[Entry]] = {
    "titleword": [("session/info/ses_1", {"title": "about titleword"})],
    "projectfolder": [("session/info/ses_1", {"directory": "/srv/projectfolder"})],
    "typedword": [message("1", "user"), part("1", type="text", text="typedword")],
    "answerword": [part("2", type="text", text="answerword"), message("2", "assistant")],
    "editedfile": [tool("3", {"status": "completed", "input": {"filePath": "src/editedfile.py"}})],
    "commandword": [tool("4", {"status": "running", "input": {"command": "make commandword"}})],
    "errorword": [tool("5", {"status": "error", "error": "no such errorword"})],
    "lastline": [tool("6", {"status": "completed", "output": "ok\n" * 999 + "lastline", "metadata": {"exit": 1}})],
    "messagefailure": [message("7", "assistant", error={"name": "APIError", "data": {"message": "messagefailure"}})],
    "attached": [part("8", type="file", filename="attached.png")],
    "patched": [part("9", type="patch", files=["/a/patched.py"])],
    "differing": [("session/diff/ses_1", [{"file": "differing.py", "additions": 1}])],
    "olderword": [("session/message/ses_1/msg_1", {"role": "user", "parts": [{"type": "text", "text": "olderword"}]})],
}
UNSAID: dict[str, list[Entry]] = {
    "outputword": [tool("1", {"status": "completed", "output": "outputword", "metadata": {"exit": 0}})],
    "firstline": [tool("2", {"status": "completed", "output": "firstline\n" + "x\n" * 999, "metadata": {"exit": 1}})],
    "thoughtword": [part("3", type="reasoning", text="thoughtword")],
    "addedbyagent": [part("4", type="text", text="addedbyagent", synthetic=True)],
    "waitingask": [("session/ask/ses_1/ask_1", {"text": "waitingask"})],
    "hugeword": [part("5", type="text", text="hugeword " + "x" * 1_000_001)],
}


@pytest.mark.parametrize("word", SAID)
def test_document_has_what_people_look_for(word: str) -> None:
    assert has(words_of(*SAID[word]), word)


@pytest.mark.parametrize("word", UNSAID)
def test_document_leaves_the_rest_out(word: str) -> None:
    assert not has(words_of(*UNSAID[word]), word)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("use ghp_16C7e42F292c6912E7710c838347Ae178B4a for it", "ghp"),
        ("postgres://app:tr0ub4dorpass@db.example.com/x", "tr0ub4dorpass"),
        ("export DB_PASSWORD=correcthorsebattery9", "correcthorsebattery9"),
        ("x " * 9_995 + "ghp_16C7e42F292c6912E7710c838347Ae178B4a", "16C7e42F292c6912E7710c838347Ae178B4a"),
    ],
)
def test_secrets_are_never_in_it(text: str, secret: str) -> None:
    words = words_of(message("1", "user"), part("1", type="text", text=text))
    assert not [word for word in text_words(secret) if word in words]


def test_end_of_an_output_that_begins_within_a_secret_shows_none_of_it() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n" * 40 + "-----END PRIVATE KEY-----"
    words = words_of(tool("1", {"status": "completed", "output": f"{key}\nexit", "metadata": {"exit": 1}}))
    assert not has(words, "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC")
    assert has(words, "exit")


def test_long_session_keeps_its_title_and_what_was_typed_last() -> None:
    typed = [part(str(n), type="text", text=f"typed{n:05d}x") for n in range(2_000)]
    people = [message(str(n), "user") for n in range(2_000)]
    answers = [part(f"a{n}", type="text", text=" ".join(f"answer{n:03d}{m:03d}" for m in range(90))) for n in range(99)]
    info = ("session/info/ses_1", {"title": "about titleword"})
    document = session_words(WORKSPACE, [(k, json.dumps(c)) for k, c in [*answers, info, *people, *typed]])
    words = set(document.split(" "))
    assert len(document) <= DOCUMENT_CHARACTERS
    assert len(document) > DOCUMENT_CHARACTERS - 100
    assert workspace_word(WORKSPACE) in words
    assert has(words, "titleword typed01999x typed01900x answer098089")
    assert not has(words, "typed00000x")
    assert not has(words, "answer000000")


def test_reading_stops_when_a_session_has_said_enough() -> None:
    text = "some words of an answer " * 1_000
    many = [part(str(n), type="text", text=text) for n in range(SESSION_CHARACTERS // len(text) + 2)]
    assert not has(words_of(*many, part("last", type="text", text="afterwards")), "afterwards")


@pytest.mark.parametrize("content", ["", "null", "[]", "7", '"x"', "{", '{"type": 7, "state": []}', "[" * 300])
@pytest.mark.parametrize("key", ["session/info/ses_1", "session/message/ses_1/m", "session/part/ses_1/m/p", "no key"])
def test_entries_that_make_no_sense_say_nothing(key: str, content: str) -> None:
    assert session_words(WORKSPACE, [(key, content)]) == workspace_word(WORKSPACE)
