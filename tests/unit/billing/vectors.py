"""The golden vectors and recorded usage bodies, as the tests read them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from billing.pricing.explain import Priced
from billing.pricing.explainfile import explained
from tests.support.server import ROOT

DATA = ROOT / "tests/billing/data"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
GOLDEN: dict[str, Any] = json.loads((DATA / "vectors.json").read_text())
VECTORS: list[dict[str, Any]] = GOLDEN["vectors"]
PRICED = [vector for vector in VECTORS if "rows" in vector["expect"]]
QUARANTINED = [vector for vector in VECTORS if "quarantined" in vector["expect"]]
RECORDED: list[dict[str, Any]] = [json.loads(line) for line in (DATA / "usage_corpus.jsonl").read_text().splitlines()]
MONEY: dict[str, Any] = GOLDEN["money"]


def no_prices(_model: str | None, _context: Mapping[str, str], _at: datetime) -> Priced | None:
    return None


def explain(*items: dict[str, Any]) -> list[dict[str, Any]]:
    """What is said about items of the vectors' form that bring their own prices, or have none."""
    return explained({"vectors": list(items)}, lambda _model: no_prices, NOW)


def explain_one(item: dict[str, Any]) -> dict[str, Any]:
    (said,) = explain({"id": "one", **item})
    return said


def shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of a row that the vectors state."""
    return [{name: row[name] for name in ("model", "tokens", "numerator", "micro_cents")} for row in rows]
