"""Stacked bars by day as SVG markup, made on the server: pure, without a script or style that a page's policy forbids.

Readable without colour: every series has a hatch of its own and a label beside its bars. Each day can be focused and
has a title. Colours come from the stylesheet, by the classes `chart-0` to `chart-6`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

SERIES_MAX: Final = 7
LABEL_CHARACTERS: Final = 23
_LINE: Final = 16
_TICKS: Final = 4
_TOPS: Final = (4, 8, 12, 16, 20, 24, 32, 40, 60, 80, 100)
# What is drawn over a series' colour, in a square of 8: none, two diagonals, dots, lines across, upright, a grid.
_HATCHES: Final = (
    "",
    "M-2 2 2 -2M0 8 8 0M6 10 10 6",
    "M-2 6 2 10M0 0 8 8M6 -2 10 2",
    "M2 2h1.5M6 6h1.5",
    "M0 2h8M0 6h8",
    "M2 0v8M6 0v8",
    "M0 4h8M4 0v8",
)


@dataclass(frozen=True, slots=True)
class Day:
    """A bar: `label` below it, `title` for those who focus it, and one value a series, none negative."""

    label: str
    title: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Sizes in units of the drawing. `labels_beside` puts the series' labels right of the bars, else below them."""

    width: int
    height: int
    labels_beside: bool
    left: int = 64
    top: int = 12

    @property
    def right(self) -> int:
        return self.width - (176 if self.labels_beside else 8)

    @property
    def bottom(self) -> int:
        return self.top + self.height


WIDE: Final = Layout(960, 240, labels_beside=True)
PHONE: Final = Layout(360, 180, labels_beside=False, left=56)


def stacked_bars(
    name: str, heading: str, series: Sequence[str], days: Sequence[Day], written: Callable[[int], str], layout: Layout
) -> str:
    """The chart as one `<svg>`; `name` makes its ids unique on the page, `written` spells an amount of an axis.

    At most SERIES_MAX series; values of a day are in the order of `series`, the first at the bottom.
    """
    top = nice_top(max((sum(day.values) for day in days), default=0))
    lines = 0 if layout.labels_beside else len(series)
    height = layout.bottom + 24 + lines * _LINE + (8 if lines else 0)
    body = [
        f'<title id="{name}-title">{escape(heading)}</title>',
        f"<defs>{''.join(_pattern(name, number) for number in range(len(series)))}</defs>",
        *_axis(top, written, layout),
        *(_bar(name, number, day, len(days), top, layout) for number, day in enumerate(days)),
        *_day_labels(days, layout),
        *_labels(name, series, days, top, layout),
    ]
    return (
        f'<svg class="chart" viewBox="0 0 {layout.width} {height}" role="group" '
        f'aria-labelledby="{name}-title">{"".join(body)}</svg>'
    )


def nice_top(largest: int) -> int:
    """Where the axis ends: the next amount above `largest` whose quarters are round; 4 for nothing."""
    power = 1
    while power * 100 < largest:
        power *= 10
    return next(step * power for step in _TOPS if step * power >= largest)


def _pattern(name: str, number: int) -> str:
    return (
        f'<pattern id="{name}-{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect class="chart-{number}" width="8" height="8"/>'
        f'<path class="chart-hatch" d="{_HATCHES[number]}"/></pattern>'
    )


def _axis(top: int, written: Callable[[int], str], layout: Layout) -> list[str]:
    """Lines across with their amounts, and the zone of the days."""
    parts = []
    for tick in range(_TICKS + 1):
        y = _y(top * tick // _TICKS, top, layout)
        kind = "chart-base" if tick == 0 else "chart-grid"
        parts.append(f'<path class="{kind}" d="M{layout.left} {y:g}H{layout.right}"/>')
        parts.append(_text(layout.left - 8, y + 4, written(top * tick // _TICKS), "end"))
    return [*parts, _text(4, layout.bottom + 18, "UTC", "start")]


def _bar(name: str, number: int, day: Day, count: int, top: int, layout: Layout) -> str:
    """A day's stack, in a column as high as the chart, so that an empty day can be found too."""
    x, step = _x(number, count, layout)
    gap = min(4.0, step / 5)
    reached = 0
    parts = [f'<rect class="chart-day" x="{x:g}" y="{layout.top}" width="{step:g}" height="{layout.height}"/>']
    for place, value in enumerate(day.values):
        if value <= 0:
            continue
        y, below = _y(reached + value, top, layout), _y(reached, top, layout)
        reached += value
        parts.append(
            f'<rect x="{x + gap / 2:.2f}" y="{y:.2f}" width="{step - gap:.2f}" height="{below - y:.2f}" '
            f'fill="url(#{name}-{place})"/>'
        )
    title = escape(day.title)
    return f'<g tabindex="0" role="img" aria-label="{title}"><title>{title}</title>{"".join(parts)}</g>'


def _day_labels(days: Sequence[Day], layout: Layout) -> list[str]:
    """As many as fit beside each other, the first and regular steps from it."""
    step = _x(0, len(days), layout)[1] if days else 1.0
    every = max(1, -(-44 // max(1, int(step))))
    found = []
    for number in range(0, len(days), every):
        x, width = _x(number, len(days), layout)
        found.append(_text(x + width / 2, layout.bottom + 18, days[number].label, "middle"))
    return found


def _labels(name: str, series: Sequence[str], days: Sequence[Day], top: int, layout: Layout) -> list[str]:
    places = _beside(len(series), days, top, layout) if layout.labels_beside else _below(len(series), layout)
    x = layout.right + 12 if layout.labels_beside else layout.left
    parts = []
    for number, (label, y) in enumerate(zip(series, places, strict=True)):
        short = label if len(label) <= LABEL_CHARACTERS else f"{label[: LABEL_CHARACTERS - 1]}…"
        parts.append(f'<rect x="{x}" y="{y - 9:g}" width="12" height="12" fill="url(#{name}-{number})"/>')
        parts.append(_text(x + 18, y + 1, short, "start"))
    return parts


def _beside(count: int, days: Sequence[Day], top: int, layout: Layout) -> list[float]:
    """The heights of the labels: at the middle of the last bar that has the series, but none over another."""
    wanted = []
    for number in range(count):
        last = next((day for day in reversed(days) if day.values[number] > 0), None)
        middle = sum(last.values[:number]) + last.values[number] // 2 if last else 0
        wanted.append(_y(middle, top, layout))
    places = [0.0] * count
    lowest = float(layout.bottom)
    for number in range(count):
        places[number] = min(wanted[number], lowest)
        lowest = places[number] - _LINE
    # The uppermost ones pushed out of the chart come down again, and push those below them.
    floor = layout.top + 8.0
    for number in reversed(range(count)):
        places[number] = max(places[number], floor)
        floor = places[number] + _LINE
    return places


def _below(count: int, layout: Layout) -> list[float]:
    return [layout.bottom + 24 + _LINE * (number + 1) for number in range(count)]


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text class="chart-text" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def _x(number: int, count: int, layout: Layout) -> tuple[float, float]:
    """Where a day's column begins, and its width."""
    step = (layout.right - layout.left) / max(1, count)
    return layout.left + number * step, step


def _y(value: int, top: int, layout: Layout) -> float:
    return layout.bottom - layout.height * value / max(1, top)
