"""What stands around a page: `{% load shell %}`."""

from django import template

from opencode.web.docs.contents import SHELVES, Shelf
from opencode.web.navigation import navigation

register = template.Library()
register.simple_tag(navigation)


@register.simple_tag
def documents() -> tuple[Shelf, ...]:
    """The documents of the console, by shelf."""
    return SHELVES
