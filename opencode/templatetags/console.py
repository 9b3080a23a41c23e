"""Times, money and counts on pages: `{% load console %}`."""

import json as _json
import re
from datetime import UTC, datetime
from typing import Any, Final

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from opencode.lib.money import MICRO_CENTS_PER_CENT, exact_dollars, format_dollars
from opencode.lib.shown import compact_count, relative_time, time_left, time_running

register = template.Library()
_CODE: Final = re.compile(r"`([^`]+)`")


register.filter("relative", relative_time)
register.filter("elapsed", time_running)
register.filter("until", time_left)
register.filter("compact", compact_count)
register.filter("exact_dollars", exact_dollars)


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


@register.filter
def coded(text: str) -> SafeString:
    """A sentence with what stands between backticks as `<code>`."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))  # noqa: S308 - escaped before


@register.filter
def at(values: Any, name: Any) -> Any:
    """The value of a mapping at a name that is itself a value."""
    return values[name]


@register.filter
def can(access: Any, permission: str) -> bool:
    """Whether a person's access to the workspace includes the permission."""
    return bool(access.can(permission))


@register.simple_tag
def limit_bar(limit: int | None, used: int, held: int) -> SafeString:
    """How much of a limit is used and held, as a bar beside the words that say it; empty without a limit."""
    if limit is None:
        return SafeString("")
    shares = [min(100, 100 * amount // limit) if limit else 100 for amount in (used, used + held)]
    return format_html(
        '<svg class="limit-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="bar-ground" width="100" height="4"/><rect class="bar-held" width="{}" height="4"/>'
        '<rect class="bar{}" width="{}" height="4"/></svg>',
        shares[1],
        " bar-full" if used >= limit else "",
        shares[0],
    )


@register.filter
def cents(amount: int) -> str:
    """`$10.30` from whole cents."""
    return format_dollars(amount * MICRO_CENTS_PER_CENT)
