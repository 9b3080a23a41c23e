"""Filling the templates of a transcript; no request, so no context processors run."""

from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString


def fill(name: str, context: dict[str, Any]) -> SafeString:
    """The HTML of `templates/sync/parts/<name>.html`, which escapes everything that is not safe already."""
    html = get_template(f"sync/parts/{name}.html").render(context)
    return html if isinstance(html, SafeString) else SafeString(html)
