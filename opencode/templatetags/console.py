"""Times, money and counts on pages: `{% load console %}`."""

import json as _json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from opencode.lib.money import format_dollars
from opencode.lib.shown import compact_count, relative_time

register = template.Library()


register.filter("relative", relative_time)
register.filter("compact", compact_count)


@register.filter
def exact(moment: datetime) -> SafeString:
    """A `<time>` with the UTC time to the second."""
    moment = moment.astimezone(UTC)
    words = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(timespec="milliseconds"), words)


@register.filter
def json(value: Any) -> str:
    """JSON for a data attribute, which escapes it like any text."""
    return _json.dumps(value)


@register.filter
def dollars(micro_cents: int) -> str:
    """`$0.0042` from micro-cents."""
    return format_dollars(micro_cents)
