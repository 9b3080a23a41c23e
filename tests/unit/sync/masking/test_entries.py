"""An entry's JSON for link readers: every string judged as it reads decoded, unfinished ends held back."""

import json

from sync.masking import mask_entry, mask_text
from sync.masking.entries import ENTRY_CHARACTERS
from sync.masking.masks import TEXT_CHARACTERS, TOO_LARGE

SECRET = "ghp_" + "a1B2" * 9
HIDDEN = "[hidden: GitHub token]"


def test_an_entry_without_secrets_is_the_very_same_text() -> None:
    content = '{ "type":"text",  "text":"nothing here", "cost": 1.10 }'
    assert mask_entry(content).text is content


def test_a_token_after_an_escaped_line_break_is_hidden() -> None:
    content = json.dumps({"type": "text", "text": f"key:\n{SECRET}\n"})
    assert json.loads(mask_entry(content).text)["text"] == f"key:\n{HIDDEN}\n"


def test_a_token_written_in_escapes_is_hidden() -> None:
    escaped = "".join(f"\\u{ord(character):04x}" for character in SECRET)
    assert json.loads(mask_entry(f'{{"text":"{escaped}"}}').text)["text"] == HIDDEN


def test_secrets_are_hidden_at_any_depth_and_in_names() -> None:
    content = json.dumps({"state": {"input": [{"command": f"x {SECRET}"}], SECRET: 1}})
    masked = mask_entry(content)
    assert SECRET not in masked.text
    assert masked.hidden == 2


def test_a_member_whose_name_says_secret_is_hidden() -> None:
    content = json.dumps({"input": {"password": "c0rrect-h0rse", "username": "ann"}})
    assert json.loads(mask_entry(content).text)["input"] == {"password": "[hidden: secret]", "username": "ann"}


def test_a_short_password_and_a_long_name_of_one_are_hidden() -> None:
    long_name = "the_" * 30 + "password"
    masked = json.loads(mask_entry(json.dumps({"password": "a1b2c3", long_name: "a1b2c3", "pass": "a1b2c3"})).text)
    assert masked == {"password": "[hidden: secret]", long_name: "[hidden: secret]", "pass": "a1b2c3"}


def test_slashes_written_in_escapes_hide_no_address() -> None:
    content = json.dumps({"text": "postgres://ann:s3cret-Pw@db/x"}).replace("/", "\\/")
    assert "s3cret" not in mask_entry(content).text


def test_the_input_of_a_running_tool_is_whole_and_of_a_pending_one_is_not() -> None:
    def shown(status: str) -> str:
        state = {"status": status, "input": {"command": f"echo {SECRET} done"}}
        masked = json.loads(mask_entry(json.dumps({"type": "tool", "state": state})).text)
        command: str = masked["state"]["input"]["command"]
        return command

    assert (shown("running"), shown("pending")) == (f"echo {HIDDEN} done", f"echo {HIDDEN} ")


def test_what_a_lenient_parser_reads_is_masked_too() -> None:
    content = '{"text": "half \\ud83d and ' + SECRET + '"}'
    assert json.loads(mask_entry(content).text)["text"] == f"half \ufffd and {HIDDEN}"


def test_many_texts_together_are_bounded_too() -> None:
    many = json.dumps(["sk- " + "a" * 1000] * (TEXT_CHARACTERS // 1000))
    assert json.loads(mask_entry(many).text) == {"hidden": TOO_LARGE}


def test_numbers_and_literals_stay_as_they_are() -> None:
    content = json.dumps({"text": SECRET, "n": 1.5, "big": 2**60, "no": None, "yes": True})
    assert json.loads(mask_entry(content).text) == {"text": HIDDEN, "n": 1.5, "big": 2**60, "no": None, "yes": True}


def test_the_unfinished_end_of_a_growing_text_is_held_back() -> None:
    growing = {"type": "text", "time": {"start": 1}, "text": f"use {SECRET[:20]}"}
    assert json.loads(mask_entry(json.dumps(growing)).text)["text"] == "use "


def test_every_prefix_of_a_growing_secret_shows_nothing_of_it() -> None:
    text = f"use {SECRET} now"
    shown = [
        json.loads(mask_entry(json.dumps({"type": "text", "time": {"start": 1}, "text": text[:size]})).text)["text"]
        for size in range(len(text))
    ]
    assert [each for each in shown if "ghp_" in each] == []


def test_a_finished_text_keeps_its_end() -> None:
    content = json.dumps({"type": "text", "time": {"start": 1, "end": 2}, "text": "all is done"})
    assert mask_entry(content).text == content


def test_a_running_tools_output_holds_its_end_back_and_its_ids_stay() -> None:
    state = {"status": "running", "metadata": {"output": f"TOKEN {SECRET[:12]}"}}
    masked = json.loads(
        mask_entry(json.dumps({"id": "prt_1", "type": "tool", "callID": "call_9", "state": state})).text
    )
    assert masked["state"]["metadata"]["output"] == "TOKEN "
    assert (masked["id"], masked["callID"], masked["state"]["status"]) == ("prt_1", "call_9", "running")


def test_what_is_too_large_or_no_json_is_hidden_whole() -> None:
    for content in ('{"text":"' + "a" * ENTRY_CHARACTERS + '"}', "no json", "[" * 100_000):
        assert json.loads(mask_entry(content).text) == {"hidden": TOO_LARGE}
    assert mask_text("a" * (TEXT_CHARACTERS + 1)).text == TOO_LARGE


def test_a_picture_is_left_alone_and_text_that_plays_one_is_not() -> None:
    picture = json.dumps({"url": "data:image/png;base64," + "iVBORw0KGgo" * 20})
    assert mask_entry(picture).text == picture
    fake = json.dumps({"url": f"data:image/png;base64,AAAA {SECRET}"})
    assert SECRET not in mask_entry(fake).text


def test_a_removed_entry_has_nothing_to_hide() -> None:
    assert mask_entry("") == ("", ())


def test_secret_in_a_member_that_another_of_its_name_overwrites_is_not_passed_on() -> None:
    token = "ghp_" + "a1B2" * 9
    for content in (
        f'{{"text":"{token}","text":"hello"}}',
        f'{{"a":[{{"b":"{token}","b":1}}],"c":2}}',
        f'{{"\\u0074ext":"{token}","text":"hello"}}',
    ):
        masked = mask_entry(content)
        assert token not in masked.text
