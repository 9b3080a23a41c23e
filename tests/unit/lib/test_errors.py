"""The denial contract."""

import re

from opencode.lib.errors import Denial, NotFound, TooManyRequests, every_denial
from opencode.lib.http import denial_response


def test_body_has_the_fields_of_the_contract() -> None:
    assert NotFound().body("req_1") == {
        "error": {
            "code": "not_found",
            "message": NotFound.default_message,
            "help_url": "/docs/errors#not_found",
            "request_id": "req_1",
        }
    }


def test_extra_fields_stand_beside_the_code() -> None:
    body = TooManyRequests("Slow down.", limit=10, used=11).body("req_1")
    assert body["error"]["limit"] == 10
    assert body["error"]["message"] == "Slow down."


def test_waiting_time_is_a_header() -> None:
    response = denial_response(TooManyRequests(retry_after=7), "req_1")
    assert (response.status_code, response["Retry-After"]) == (429, "7")


def test_denials_are_never_cached() -> None:
    assert denial_response(NotFound(), "req_1")["Cache-Control"] == "no-store"


def test_codes_are_snake_case_and_each_belongs_to_one_class() -> None:
    kinds = every_denial()
    classes: set[type[Denial]] = set()
    waiting = [Denial]
    while waiting:
        children = waiting.pop().__subclasses__()
        classes.update(children)
        waiting.extend(children)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", kind.code) for kind in kinds)
    assert len(kinds) == len(classes)


def test_every_denial_has_a_sentence_of_its_own() -> None:
    sentences = [kind.default_message for kind in every_denial()]
    assert len(set(sentences)) == len(sentences)
