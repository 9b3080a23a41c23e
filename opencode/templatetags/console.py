"""How pages show times, money and counts: `{% load console %}`."""

import json as _json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from opencode.lib.clock import utc_now
from opencode.lib.money import format_dollars
from opencode.lib.timewords import ago

register = template.Library()


@register.filter
def relative(moment: datetime) -> SafeString:
    """A `<time>` that says how long ago, with the exact UTC in it; time.js keeps the words true."""
    moment = moment.astimezone(UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-relative>{}</time>',
        moment.isoformat(timespec="milliseconds"),
        f"{moment:%Y-%m-%d %H:%M:%S}",
        ago(moment, utc_now()),
    )


@register.filter
def exact(moment: datetime) -> SafeString:
    """A `<time>` with the UTC to the second."""
    moment = moment.astimezone(UTC)
    words = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(timespec="milliseconds"), words)


@register.filter
def json(value: Any) -> str:
    """For a data attribute, where it is escaped as any text."""
    return _json.dumps(value)


@register.filter
def dollars(micro_cents: int) -> str:
    """`$0.0042` from micro-cents."""
    return format_dollars(micro_cents)


@register.filter
def compact(count: int) -> str:
    """`812`, `4.2k`, `128k`, `1.3M`: a count in four characters or so, rounded down."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if count >= 10 * size:
            return f"{count // size}{unit}"
        if count >= size:
            return f"{count * 10 // size / 10:.1f}{unit}"
    return str(count)
