"""Bodies are taken in whatever shape still says what is meant; anything else is refused as unusable."""

import pytest

from sync.items.bodies import BodyUnusable, entry_of, fields_of, secret_of, session_id_of, sync_of


def test_a_create_names_its_session() -> None:
    assert session_id_of(b'{"sessionID":"ses_dfd6151caffeazUC43Hrd7Pbo8","more":1}') == "ses_dfd6151caffeazUC43Hrd7Pbo8"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"{}", b'{"sessionID":5}', b'{"sessionID":""}', b'{"sessionID":"a/b"}', b"\xff\xfe"],
)
def test_a_create_without_a_session_is_unusable(body: bytes) -> None:
    with pytest.raises(BodyUnusable):
        session_id_of(body)


def test_a_sync_opens_to_its_secret_and_unopened_items() -> None:
    secret, items = sync_of(b'{"secret":"s","data":[{"type":"a","data":1},5],"later":true}')
    assert (secret, [bytes(item) for item in items]) == ("s", [b'{"type":"a","data":1}', b"5"])


@pytest.mark.parametrize(
    "body",
    [b'{"secret":"s","data":[{"x":"\\ud800"}]}', b'{"secret":"s","data":[NaN]}', b'{"secret":"s","data":["\xff"]}'],
)
def test_a_sync_with_strange_strings_still_opens(body: bytes) -> None:
    secret, items = sync_of(body)
    assert (secret, len(items)) == ("s", 1)


def test_a_secret_of_another_shape_is_no_secret() -> None:
    assert sync_of(b'{"secret":7,"data":[]}') == ("", [])
    assert sync_of(b'{"data":[]}') == ("", [])
    assert secret_of({"secret": None}) == ""


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"secret":"s"}', b'{"secret":"s","data":{}}', b'{"data":[1', b"[" * 9000]
)
def test_a_sync_without_a_list_is_unusable(body: bytes) -> None:
    with pytest.raises(BodyUnusable):
        sync_of(body)


def test_an_older_sync_names_one_entry() -> None:
    key, content = entry_of(fields_of(b'{"key":"session/info/s","content":{"a":"\\ud800"}}'))
    assert (key, content.value, content.text) == ("session/info/s", {"a": "\ufffd"}, '{"a":"\ufffd"}')


@pytest.mark.parametrize("body", [b"{}", b'{"key":1,"content":{}}', b'{"key":"session/info/s"}'])
def test_an_older_sync_without_key_or_content_is_unusable(body: bytes) -> None:
    with pytest.raises(BodyUnusable):
        entry_of(fields_of(body))
