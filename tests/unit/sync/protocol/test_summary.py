"""What the lists show is read off untrusted entries without ever failing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.summary import InfoSummary, MessageSummary, Totals, read_info, read_message

TOKENS = {"input": 8, "output": 7, "reasoning": 1, "cache": {"read": 3, "write": 2}}
COUNTED = {"input": 8, "output": 7, "reasoning": 1, "cache_read": 3, "cache_write": 2}


def test_info_of_a_newer_agent_counts_by_session() -> None:
    info = {
        "title": "t",
        "version": "1.18.33",
        "cost": 2.2e-05,
        "tokens": TOKENS,
        "model": {"id": "m", "providerID": "p"},
    }
    assert read_info(json.dumps(info)) == InfoSummary("t", "1.18.33", "p/m", Totals(2200, COUNTED))


def test_info_of_an_older_agent_has_no_totals() -> None:
    assert read_info('{"title":"t","version":"1.0.61"}') == InfoSummary("t", "1.0.61", "", None)


def test_assistant_message_runs_until_it_is_completed() -> None:
    message = {
        "role": "assistant",
        "cost": 1,
        "tokens": TOKENS,
        "providerID": "p",
        "modelID": "m",
        "time": {"created": 1},
    }
    running = read_message(json.dumps(message))
    done = read_message(json.dumps(message | {"time": {"created": 1, "completed": 2}}))
    assert running == MessageSummary("p/m", running=True, reports_cost=True, totals=Totals(100_000_000, COUNTED))
    assert done.running is False


def test_message_of_the_first_agents_keeps_its_cost_in_metadata() -> None:
    message = {"role": "assistant", "metadata": {"assistant": {"cost": 1, "tokens": TOKENS, "modelID": "m"}}}
    assert read_message(json.dumps(message)).totals == Totals(100_000_000, COUNTED)


@pytest.mark.parametrize("cost", ["1", None, True and "x", -1, 1e300, [1], float("1e9")])
def test_what_could_not_be_a_cost_counts_as_none(cost: object) -> None:
    assert read_message(json.dumps({"role": "assistant", "cost": cost})).totals.cost == 0


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(
                ["title", "cost", "tokens", "cache", "input", "model", "modelID", "id", "role", "time", "metadata"]
            ),
            inner,
        )
    ),
)


@given(anything)
def test_no_content_makes_a_summary_fail(content: object) -> None:
    text = json.dumps(content)
    read_info(text)
    read_message(text)
    read_message('{"role":"assistant","tokens":' + text + "}")
