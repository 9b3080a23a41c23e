"""The tables of `make bench`: which runs count, and what is said to be held."""

import json
from typing import Any

from tests.bench.plan import runs
from tests.bench.table import Results, tables


def line(server: str, scenario: str, dirty: int, **result: Any) -> str:
    return json.dumps({"server": server, "scenario": scenario, "dirty": dirty, "r": result})


def test_median_of_the_three_least_disturbed_runs_counts() -> None:
    rates = [(90, 1.0), (0, 10.0), (1, 30.0), (2, 20.0)]
    results = Results([line("opencode", "s2", dirty, ack_per_s=rate) for dirty, rate in rates])
    assert results.figure("opencode", "s2", "ack_per_s") == 20
    assert results.worst_neighbour() == 2


def test_nested_missing_and_failed_figures() -> None:
    failed = json.dumps({"server": "opencode", "scenario": "s8", "error": "it broke"})
    results = Results([line("opencode", "s1p50", 0, lat_ms={"p50": 4.5}), failed])
    assert results.figure("opencode", "s1p50", "lat_ms.p50") == 4.5
    assert results.figure("opencode", "s1p50", "lat_ms.p99") is None
    assert results.figure("opencode", "s8", "lat_ms.p50") is None


def test_row_says_whether_the_server_stack_holds_what_is_asked() -> None:
    shown = tables(
        [
            line("opencode-servers", "s2", 0, ack_per_s=3500),
            line("nats-jetstream", "s2", 0, ack_per_s=2400),
            line("opencode-servers", "s3", 0, join_ms_med=13.0, storm20_ms=140.0),
        ]
    )
    assert "| 3,500 | – | – | 2,400 | 1.5 × NATS; aim 3,500 | no: 1.46 × |" in shown
    assert "| 13 | – | – | – | ≤ 12 | no |" in shown
    assert "| 140 | – | – | – | ≤ 150 | yes |" in shown
    assert "s8" not in shown


def test_growth_that_one_stalled_reader_causes_already_is_not_laid_on_nineteen_more() -> None:
    one, twenty = (
        line("opencode-servers", f"stalled{count}", 0, grown_kib_per_stalled=kib)
        for count, kib in ((1, 20_000), (20, 1_380))
    )
    shown = tables([one, twenty])
    assert "| opencode-servers: KiB | 20,000 | 27,600 | 400 |" in shown
    assert "| opencode: KiB" not in shown


def test_plan_runs_each_scenario_where_it_says_something_unless_servers_are_named() -> None:
    assert ("nats-jetstream", "s2") in runs([], [])
    assert runs(["opencode"], ["s2", "s6"]) == [("opencode", "s2"), ("opencode", "s6")]
    assert runs([], ["page_browsers"]) == [
        ("opencode-servers-agent-http", "page_browsers"),
        ("opencode-agent-http", "page_browsers"),
    ]
