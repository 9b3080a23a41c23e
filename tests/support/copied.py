"""What a page offers to copy, as a person's clipboard gets it."""

import html
import re

_COPIED = re.compile(r'<(?:pre|code) id="([a-z-]+)"[^>]*>(.*?)</(?:pre|code)>', re.DOTALL)


def copied_from(page: str) -> dict[str, str]:
    """The texts of a page's copy buttons, by the id of the element each copies."""
    return {name: html.unescape(text).strip() for name, text in _COPIED.findall(page) if f'data-copy="#{name}"' in page}
