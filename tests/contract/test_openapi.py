"""The description of the JSON API is a promise: what programs were built on does not change by accident."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.contract.openapi import KEPT, described, written

SIGNED_IN = [{"BearerToken": []}, {"SignInCookie": []}]
SECURITY = {"leaks_report": None}
"""Operations that ask nobody who they are."""


def operations() -> list[dict[str, Any]]:
    return [operation for methods in described()["paths"].values() for operation in methods.values()]


def test_description_is_the_kept_one() -> None:
    assert written(described()) == KEPT.read_text(), "if it is meant: python -m tests.contract.openapi"


@pytest.mark.django_db
def test_description_is_served() -> None:
    assert json.loads(Client().get("/api/v1/openapi.json").content) == described()


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: operation["operationId"])
def test_operation_says_what_it_does_and_how_it_refuses(operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert {"401", "403", "404", "422", "429"} <= operation["responses"].keys()
    assert operation.get("security") == SECURITY.get(operation["operationId"], SIGNED_IN)
