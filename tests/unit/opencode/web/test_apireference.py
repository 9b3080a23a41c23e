"""The page of the JSON API shows every operation and every value of it."""

from opencode.web.apireference import OperationEntry, api_reference
from opencode.web.jsonapi import api_description


def operations() -> dict[str, OperationEntry]:
    return {one.id: one for resource in api_reference(api_description()) for one in resource.operations}


def test_every_operation_is_there_with_its_words() -> None:
    found = operations()
    described = [one["operationId"] for methods in api_description()["paths"].values() for one in methods.values()]
    assert sorted(found) == sorted(described)
    assert all(one.summary and one.description for one in found.values())


def test_resources_keep_their_order() -> None:
    names = [resource.name for resource in api_reference(api_description())]
    assert names[:2] == ["me", "workspaces"]
    assert len(names) == len(set(names))


def test_values_say_their_kind_and_whether_they_are_needed() -> None:
    body = {value.name: value for value in operations()["keys_create"].body}
    assert body["expires_at"].kind == "time or null"
    assert body["is_service_key"].kind == "yes or no"
    assert body["scopes"].kind.startswith('list of one of "sync:read"')
    assert [body[name].is_needed for name in ("name", "is_service_key")] == [True, False]


def test_values_inside_values_have_dotted_names() -> None:
    names = [value.name for value in operations()["sessions_list"].answer]
    assert {"next", "items", "items[].id", "items[].tokens.input", "items[].created_by.name"} <= set(names)


def test_answer_without_a_body_says_its_status() -> None:
    revoke = operations()["keys_revoke"]
    assert (revoke.status, revoke.answer) == ("204", ())
