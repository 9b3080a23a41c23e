"""Every golden vector to the last digit, and the classes of every recorded body."""

from typing import Any

import pytest

from billing.pricing.classes import TOKEN_CLASSES
from billing.pricing.quarantine import Code
from tests.unit.billing.vectors import PRICED, QUARANTINED, RECORDED, explain_one, shown

CODES = {
    "oai-cumulative-totals": Code.PROMPT_EXCEEDS_CONTEXT_WINDOW,
    "q-cached-exceeds-prompt": Code.CACHED_EXCEEDS_PROMPT,
    "q-negative": Code.COUNT_NEGATIVE,
    "q-float": Code.COUNT_NOT_INTEGER,
    "q-reasoning-exceeds": Code.REASONING_EXCEEDS_OUTPUT,
    "q-no-price-for-class": Code.CLASS_WITHOUT_PRICE,
}


def by_model(rows: list[dict[str, Any]]) -> dict[str | None, dict[str, int]]:
    """Classes of a request, a row a model: a recorded compaction stands beside its model's own row."""
    found: dict[str | None, dict[str, int]] = {}
    for row in rows:
        sums = found.setdefault(row["model"], dict.fromkeys(TOKEN_CLASSES, 0))
        sums.update({name: sums[name] + row["tokens"][name] for name in TOKEN_CLASSES})
    return found


def test_no_vector_is_missing() -> None:
    assert (len(PRICED), len(QUARANTINED), len(RECORDED)) == (51, 6, 110)


@pytest.mark.parametrize("vector", PRICED, ids=lambda vector: vector["id"])
def test_vector_gives_its_rows(vector: dict[str, Any]) -> None:
    said = explain_one(vector)
    assert shown(said["rows"]) == vector["expect"]["rows"]
    assert sum(row["micro_cents"] for row in said["rows"]) == vector["expect"]["total_micro_cents"]


@pytest.mark.parametrize("vector", PRICED, ids=lambda vector: vector["id"])
def test_parts_shown_of_a_vector_add_up(vector: dict[str, Any]) -> None:
    for row in explain_one(vector)["rows"]:
        assert sum(part["micro_cents"] for part in row["parts"]) == row["micro_cents"]


@pytest.mark.parametrize("vector", QUARANTINED, ids=lambda vector: vector["id"])
def test_vector_is_quarantined_with_its_code(vector: dict[str, Any]) -> None:
    said = explain_one(vector)
    assert said["quarantined"] == CODES[vector["id"]]
    assert "rows" not in said


@pytest.mark.parametrize("body", RECORDED, ids=lambda body: f"{body['format']}-{body['model']}")
def test_recorded_body_gives_its_classes(body: dict[str, Any]) -> None:
    said = explain_one({name: body[name] for name in ("format", "model", "usage")})
    assert by_model(said["rows"]) == by_model(body["rows"])
