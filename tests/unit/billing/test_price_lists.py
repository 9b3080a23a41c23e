"""Price lists: strict to read, the same when written and read again, and nothing is loaded from one with a fault."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing.book import PriceBook
from billing.pricing.classes import TOKEN_CLASSES, Tokens
from billing.pricing.comparison import compared
from billing.pricing.cost import cost_of
from billing.pricing.pricelist import price_list_read, price_list_written
from billing.pricing.pricereading import PRICE_MAX, PricesInvalid
from billing.pricing.prices import Price, PriceWindow
from billing.pricing.quarantine import Code, Quarantined
from tests.unit.billing.vectors import NOW

BASE = dict.fromkeys(TOKEN_CLASSES, 100)


def priced(price: int = 100, **terms: Any) -> dict[str, Any]:
    return {"price": {"base": dict.fromkeys(TOKEN_CLASSES, price)}, **terms}


def model(name: str = "sonnet", provider: str = "anthropic", **fields: Any) -> dict[str, Any]:
    return {"provider": provider, "model": name, "prices": [priced()], **fields}


def listed(*models: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"format": 1, "source": "test", "made_on": "2026-11-29", "models": list(models), **fields}


def book(*models: dict[str, Any]) -> PriceBook:
    return PriceBook([(1, price_list_read(listed(*models)).models)])


def with_base(**changes: Any) -> dict[str, Any]:
    return model(prices=[{"price": {"base": {**BASE, **changes}}}])


MISSING = {"provider": "anthropic", "model": "sonnet", "prices": [{"price": {"base": {"input": 1}}}]}
TIER = {"above": 10, "prices": BASE}
WINDOW = {"start": "06:00", "end": "10:00", "price": {"base": BASE}}


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (with_base(input=-1), "base.input: is negative"),
        (with_base(input=None), "base.input: is missing"),
        (with_base(input=float("nan")), "base.input: is not a whole number"),
        (with_base(input=float("inf")), "base.input: is not a whole number"),
        (with_base(input=1.5), "base.input: is not a whole number"),
        (with_base(input=True), "base.input: is not a whole number"),
        (with_base(input="3"), "base.input: is not a whole number"),
        (with_base(input=PRICE_MAX + 1), f"base.input: is more than {PRICE_MAX}"),
        (with_base(thinking=3), "base: has an unknown field 'thinking'"),
        (MISSING, "base.cache_read: is missing"),
        (model(prices=[]), "prices: is empty"),
        (model(prices=[priced(), priced()]), "prices: states one context twice"),
        (model(prices=[{"price": {"base": BASE, "tiers": [{"prices": BASE}]}}]), "has to say either above or from"),
        (model(prices=[{"price": {"base": BASE, "tiers": [TIER, TIER]}}]), "tiers: do not rise"),
        (
            model(prices=[{"price": {"base": BASE, "tiers": [{"above": 1, "prices": {"input": 1}}]}}]),
            "has other classes than the base",
        ),
        (model(prices=[{"price": {"base": BASE, "units": {"web_search": -1}}}]), "units.web_search: is negative"),
        (model(prices=[{"price": {"base": BASE, "units": {"Web": 1}}}]), "units: has names that are none"),
        (model(prices=[priced(**{"from": "2026-01-01T00:00:00"})]), "from: is not a time with its zone"),
        (model(prices=[priced(context={"service_tier": "Flex"})]), "is not a word in lower case"),
        (model(prices=[priced(windows=[{**WINDOW, "end": "06:00"}])]), "windows[0]: is empty"),
        (model(prices=[priced(windows=[{**WINDOW, "end": "25:00"}])]), "end: is no time"),
        (model(prices=[priced(windows=[{**WINDOW, "weekdays": [0]}])]), "weekdays: are numbered from 1"),
        (model(name=""), "model: is not a text"),
        (model(context_window=-1), "context_window: is negative"),
        ("text", "models[1]: is not an object"),
    ],
)
def test_one_fault_fails_the_whole_list_and_is_named(entry: Any, place: str) -> None:
    with pytest.raises(PricesInvalid) as raised:
        price_list_read(listed(model("good"), entry))
    assert place in str(raised.value)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([], "list: is not an object"),
        ({**listed(), "format": 2}, "list.format"),
        ({**listed(), "models": {}}, "list.models: is not a list"),
        ({**listed(), "made_on": "yesterday"}, "list.made_on"),
        ({**listed(), "colour": "blue"}, "unknown field 'colour'"),
        (listed(model(), model()), "states a model twice"),
        (listed(model("one", names=["x"]), model("two", names=["X"])), "names both one and two"),
    ],
)
def test_list_that_makes_no_sense_is_refused(value: Any, place: str) -> None:
    with pytest.raises(PricesInvalid) as raised:
        price_list_read(value)
    assert place in str(raised.value)


FULL = listed(
    model(
        "opus",
        names=["claude-opus", "opus-1"],
        prefixes=["opus-"],
        context_window=200_000,
        prices=[
            {
                "price": {"base": BASE, "tiers": [{"from": 5, "prices": BASE}], "units": {"web_search": 5}},
                "windows": [{**WINDOW, "weekdays": [1, 2]}],
            },
            priced(7, context={"service_tier": "batch"}, **{"from": "2026-10-14T00:00:00+00:00"}),
        ],
    ),
    model("grok", "x-ai"),
    licence="MIT",
)


def test_a_list_is_the_same_when_written_and_read_again() -> None:
    read = price_list_read(FULL)
    again = price_list_read(json.loads(price_list_written(read)))
    assert again == read
    assert price_list_written(again) == price_list_written(read)


def test_fingerprint_tells_prices_apart_and_nothing_else() -> None:
    read = price_list_read(FULL)
    assert price_list_read({**FULL, "made_on": "2020-01-01", "source": "x"}).fingerprint == read.fingerprint
    dearer = copy.deepcopy(FULL)
    dearer["models"][0]["prices"][0]["price"]["tiers"][0]["prices"]["input"] += 1
    assert price_list_read(dearer).fingerprint != read.fingerprint


def test_comparison_names_what_is_new_gone_and_dearer() -> None:
    before = price_list_read(listed(model("a"), model("b"), model("c")))
    after = price_list_read(listed(model("b"), model("c", prices=[priced(200)]), model("d")))
    difference = compared(before.models, after.models)
    assert (difference.added, difference.removed) == (("anthropic/d",), ("anthropic/a",))
    assert difference.changed[0].startswith("anthropic/c: input 100 → 200, cache_read 100 → 200")
    assert compared(before.models, before.models).is_empty


BOOK = book(
    model("claude-sonnet-4-5", names=["sonnet"], prefixes=["claude-sonnet-4-5"], prices=[priced(1)]),
    model("claude-sonnet-4", prefixes=["claude-sonnet-4"], prices=[priced(2)]),
    model("gpt-oss", "groq", prices=[priced(3)]),
    model("gpt-oss", "openai", prices=[priced(4)]),
    model("meta/llama", "aws", prices=[priced(5)]),
)


@pytest.mark.parametrize(
    ("name", "provider", "price"),
    [
        ("claude-sonnet-4-5", "", 1),
        ("Claude-Sonnet-4-5-20250929", "", 1),
        ("claude-sonnet-4-5@20250929", "", 1),
        ("claude-sonnet-4-5-latest", "anthropic", 1),
        ("sonnet", "", 1),
        ("claude-sonnet-4-5-eu", "", 1),
        ("claude-sonnet-4-2", "", 2),
        ("anthropic/claude-sonnet-4-5", "", 1),
        ("gpt-oss", "", 4),
        ("gpt-oss", "groq", 3),
        ("groq/gpt-oss", "", 3),
        ("meta/llama", "", 5),
    ],
)
def test_model_is_found_under_its_names(name: str, provider: str, price: int) -> None:
    found = BOOK.find(name, {}, NOW, provider)
    assert found.price(NOW).base["input"] == price


@pytest.mark.parametrize(("name", "provider"), [("nobody", ""), ("sonnet", "openai"), ("", ""), ("sonnet-x", "")])
def test_unknown_model_is_not_free(name: str, provider: str) -> None:
    with pytest.raises(Quarantined) as raised:
        BOOK.find(name, {}, NOW, provider)
    assert raised.value.code == Code.MODEL_WITHOUT_PRICE


def test_context_has_its_own_price_or_none() -> None:
    flex = book(model(prices=[priced(1), priced(9, context={"service_tier": "flex"})]))
    assert flex.find("sonnet", {"service_tier": "flex"}, NOW).price(NOW).base["input"] == 9
    with pytest.raises(Quarantined) as raised:
        flex.find("sonnet", {"service_tier": "flex", "region": "us"}, NOW)
    assert raised.value.code == Code.CONTEXT_WITHOUT_PRICE


def test_price_changes_at_its_moment() -> None:
    later = book(model(prices=[priced(1), priced(2, **{"from": "2026-12-01T00:00:00Z"})]))
    begins = datetime(2026, 12, 1, tzinfo=UTC)
    before = begins.replace(month=11, day=30, hour=23, minute=59, second=59, microsecond=999_999)
    assert later.find("sonnet", {}, before).price(before).base["input"] == 1
    assert later.find("sonnet", {}, begins).price(begins).base["input"] == 2


def test_an_override_comes_before_what_was_imported() -> None:
    imported = price_list_read(listed(model("a"), model("b"))).models
    mine = price_list_read(listed(model("b", prices=[priced(7)]))).models
    layers = PriceBook([(9, mine), (3, imported)])
    assert [layers.find(name, {}, NOW).version for name in ("a", "b")] == [3, 9]


@pytest.mark.parametrize(
    ("moment", "is_included"),
    [
        ("2026-10-05T22:00:00+00:00", True),
        ("2026-10-06T01:59:59+00:00", True),
        ("2026-10-06T02:00:00+00:00", False),
        ("2026-10-06T22:00:00+00:00", False),
        ("2026-10-05T01:00:00+00:00", False),
        ("2026-10-06T03:30:00+02:00", True),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_begins_on(moment: str, is_included: bool) -> None:
    mondays = PriceWindow(22 * 60, 2 * 60, Price(BASE), frozenset({1}))
    assert mondays.includes(datetime.fromisoformat(moment)) is is_included


@given(above=st.integers(1, 10**6), prompt=st.integers(0, 2 * 10**6))
def test_above_and_from_differ_by_exactly_the_boundary(above: int, prompt: int) -> None:
    dear = dict.fromkeys(TOKEN_CLASSES, 10**6)
    cheap = dict.fromkeys(TOKEN_CLASSES, 0)

    def cost(bound: str) -> int:
        price = {"base": cheap, "tiers": [{bound: above, "prices": dear}]}
        (terms,) = price_list_read(listed(model(prices=[{"price": price}]))).models[0].terms
        return cost_of(Tokens(input=prompt), terms.price).micro_cents

    assert cost("above") == prompt * (prompt > above)
    assert cost("from") == prompt * (prompt >= above)
