"""Whatever an agent's strings hold, the text kept for them can be stored and read by everybody."""

import json

import pytest

from sync.protocol.jsontext import Unreadable, decode, read


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (b'{"a":"\\ud800x"}', {"a": "\ufffdx"}),
        (b'{"a":"\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'"caf\xff"', "caf\ufffd"),
        (b'"tab\there"', "tab\there"),
        (b'{"n":NaN,"i":-Infinity,"x":1e999}', {"n": None, "i": None, "x": None}),
        (b'{"n":' + b"9" * 5000 + b',"m":1}', {"n": None, "m": 1}),
        (b'{"n":123456789012345678901234567890}', {"n": 123456789012345678901234567890}),
        (b'"nul \\u0000 stays"', "nul \x00 stays"),
    ],
)
def test_strange_json_is_kept_in_a_form_everybody_reads(source: bytes, value: object) -> None:
    decoded = decode(source)
    assert decoded.value == value
    assert json.loads(decoded.text.encode("utf-8")) == value


def test_well_formed_text_is_kept_to_the_letter() -> None:
    text = '{ "cost": 2.2e-05,\n "b":1, "a" : "\\u00e9é" }'
    assert decode(text.encode()).text == text


@pytest.mark.parametrize(
    "source",
    [b"", b"{", b"[1,]", b"<html>", b"[" * 100_000, b"[" * 201 + b"]" * 201, b'{"a":' * 300 + b"1" + b"}" * 300],
)
def test_what_is_no_json_or_nested_without_end_is_unreadable(source: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(source)


def test_a_wide_value_is_not_taken_for_a_deep_one() -> None:
    assert len(decode(b"[" + b",".join([b"[]"] * 5000) + b"]").value) == 5000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, "é"]}', {"a": [1, "é"]}),
        ('{"a": NaN}', {"a": None}),
        ('"\\ud800"', "\ufffd"),
        ('"\ud800"', "?"),
        ("nothing", None),
        ("[" * 100_000, None),
    ],
)
def test_stored_text_reads_as_its_value_or_none(text: str, value: object) -> None:
    assert read(text) == value
