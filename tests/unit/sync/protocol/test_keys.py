"""The grammar of entries' names."""

import pytest

from sync.protocol.keys import EntryKey, is_session_id, parse_key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("session/info/ses_1", EntryKey("info", "ses_1", ())),
        ("session/message/ses_1/msg_1", EntryKey("message", "ses_1", ("msg_1",))),
        ("session/part/ses_1/msg_1/prt_1", EntryKey("part", "ses_1", ("msg_1", "prt_1"))),
        ("session/later/ses_1/a/b/c", EntryKey("later", "ses_1", ("a", "b", "c"))),
    ],
)
def test_key_is_read(text: str, key: EntryKey) -> None:
    assert parse_key(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "session",
        "session/info",
        "session/info/",
        "other/info/ses_1",
        "session/info/ses 1",
        'session/info/"',
        "session/info/ses_1/",
        "session//ses_1",
        "session/part/s/a/b/c/d",
        "session/info/sés",
        "session/info/ses_1\n",
        "session/info/" + "x" * 129,
    ],
)
def test_malformed_key_is_none(text: str) -> None:
    assert parse_key(text) is None


def test_session_ids() -> None:
    assert is_session_id("ses_dfd6151caffeazUC43Hrd7Pbo8")
    assert not is_session_id("../etc")
