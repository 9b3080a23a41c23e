"""The charts: bars that add up, that can be told apart without colour, and that nobody's text breaks."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from billing.charts import LABEL_CHARACTERS, PHONE, SERIES_MAX, WIDE, Day, Layout, nice_top, stacked_bars

SVG = "{http://www.w3.org/2000/svg}"


def drawn(series: list[str], days: list[Day], layout: Layout = WIDE, name: str = "cost") -> ElementTree.Element:
    """The chart, parsed as XML: what is not well-formed fails."""
    markup = stacked_bars(name, "Cost by day", series, days, lambda amount: f"${amount}", layout)
    return ElementTree.fromstring(markup.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))


def days_of(*values: tuple[int, ...]) -> list[Day]:
    return [Day(str(number), f"{number} Nov: {sum(each)}", each) for number, each in enumerate(values, 1)]


def bars(chart: ElementTree.Element) -> list[list[ElementTree.Element]]:
    """The parts of each day's bar."""
    return [[rect for rect in day.findall(f"{SVG}rect") if "fill" in rect.attrib] for day in groups(chart)]


def groups(chart: ElementTree.Element) -> list[ElementTree.Element]:
    return chart.findall(f"{SVG}g")


def texts(chart: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in chart.findall(f"{SVG}text")]


def test_parts_are_as_high_as_their_values_and_stand_on_each_other() -> None:
    ((low, high),) = bars(drawn(["a", "b"], days_of((30, 50))))
    assert float(low.attrib["height"]) == pytest.approx(240 * 30 / 80)
    assert float(high.attrib["height"]) == pytest.approx(240 * 50 / 80)
    assert float(high.attrib["y"]) + float(high.attrib["height"]) == pytest.approx(float(low.attrib["y"]))
    assert float(low.attrib["y"]) + float(low.attrib["height"]) == pytest.approx(WIDE.bottom)


def test_nothing_is_drawn_for_nothing_but_the_day_can_be_focused() -> None:
    chart = drawn(["a"], days_of((0,), (4,)))
    assert [len(parts) for parts in bars(chart)] == [0, 1]
    assert [day.attrib["tabindex"] for day in groups(chart)] == ["0", "0"]


def test_each_day_has_a_title_and_a_name() -> None:
    (day,) = groups(drawn(["a"], days_of((4,))))
    assert day.attrib["aria-label"] == day.findtext(f"{SVG}title") == "1 Nov: 4"


def test_every_series_has_a_hatch_of_its_own() -> None:
    chart = drawn([str(number) for number in range(SERIES_MAX)], days_of((1,) * SERIES_MAX))
    hatches = [path.attrib["d"] for path in chart.iter(f"{SVG}path") if path.attrib["class"] == "chart-hatch"]
    assert len(set(hatches)) == SERIES_MAX


def test_ids_carry_the_charts_name_so_that_two_fit_on_a_page() -> None:
    chart = drawn(["a"], days_of((1,)), name="wide")
    ids = {element.attrib["id"] for element in chart.iter() if "id" in element.attrib}
    assert ids == {"wide-title", "wide-0"}
    assert bars(chart)[0][0].attrib["fill"] == "url(#wide-0)"


def test_names_of_models_are_text_and_nothing_else() -> None:
    hostile = '"><script>&'
    chart = drawn([hostile], [Day(hostile, hostile, (1,))])
    assert hostile in texts(chart)
    assert groups(chart)[0].attrib["aria-label"] == hostile


def test_long_names_are_cut_with_a_sign() -> None:
    shown = [text for text in texts(drawn(["m" * 50], days_of((1,)))) if text.startswith("m")]
    assert [len(text) for text in shown] == [LABEL_CHARACTERS]
    assert shown[0].endswith("…")


@pytest.mark.parametrize("layout", [WIDE, PHONE])
@pytest.mark.parametrize("values", [(1,) * 7, (0,) * 7, (100, 0, 0, 0, 0, 0, 1), (1, 0, 0, 0, 0, 0, 100)])
def test_labels_never_lie_over_each_other_nor_outside(layout: Layout, values: tuple[int, ...]) -> None:
    series = [f"series {number}" for number in range(7)]
    chart = drawn(series, days_of(values), layout)
    places = [float(text.attrib["y"]) for text in chart.findall(f"{SVG}text") if (text.text or "").startswith("series")]
    ordered = sorted(places)
    assert all(after - before >= 15.9 for before, after in pairwise(ordered))
    assert ordered[0] > 0
    assert ordered[-1] <= float(chart.attrib["viewBox"].split()[3])


def test_axis_says_its_amounts_and_its_zone() -> None:
    assert texts(drawn(["a"], days_of((80,))))[:6] == ["$0", "$20", "$40", "$60", "$80", "UTC"]


@pytest.mark.parametrize(
    ("largest", "top"),
    [(0, 4), (1, 4), (5, 8), (11, 12), (80, 80), (81, 100), (100, 100), (101, 120), (450, 600), (10**15, 10**15)],
)
def test_axis_ends_at_a_round_number(largest: int, top: int) -> None:
    assert nice_top(largest) == top


@pytest.mark.parametrize("count", [1, 10, 31, 92])
def test_labels_of_days_have_room(count: int) -> None:
    chart = drawn(["a"], days_of(*[(1,)] * count))
    places = [float(text.attrib["x"]) for text in chart.findall(f"{SVG}text") if (text.text or "").isdigit()]
    assert places
    assert all(after - before >= 40 for before, after in pairwise(places))


def test_chart_without_days_is_still_one() -> None:
    assert texts(drawn([], []))[-1] == "UTC"


def test_a_months_chart_is_small() -> None:
    series = [f"provider/model-{number}" for number in range(7)]
    markup = stacked_bars("c", "Cost", series, days_of(*[(5, 4, 3, 2, 1, 1, 1)] * 31), str, WIDE)
    assert len(markup) < 40_000
