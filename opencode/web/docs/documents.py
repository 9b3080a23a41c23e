"""The documents as they are shown; each is made once, when somebody first asks for it."""

from functools import cache
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from opencode.lib.errors import NotFound, every_denial
from opencode.web.apireference import api_reference
from opencode.web.docs.contents import Entry, addresses, every_entry, path_of
from opencode.web.docs.markdown import Passage, Rendered, rendered_markdown
from opencode.web.jsonapi import api_description

_MARKDOWN: Final = ".md"


def entry_of(address: str) -> Entry:
    """Raises NotFound for an address without a document that is made from a file."""
    entry = every_entry().get(address)
    if entry is None or not entry.file:
        raise NotFound
    return entry


@cache
def document(address: str) -> Rendered:
    """Raises NotFound."""
    entry = entry_of(address)
    text = path_of(entry).read_text()
    if entry.file.endswith(_MARKDOWN):
        return rendered_markdown(text, entry.file, addresses())
    return Rendered(entry.label, _program(text), (), (Passage("", "", text),))


def _program(text: str) -> SafeString:
    return format_html(
        '<div class="command"><pre id="code-1" tabindex="0">{}</pre>'
        '<button class="button small needs-js" type="button" data-copy="#code-1">{}</button></div>',
        text,
        mark_safe("<span data-copy-label>Copy</span>"),
    )


def passages_of(entry: Entry) -> tuple[Passage, ...]:
    """What a search looks through, of pages that are made from the code too."""
    if entry.file:
        return document(entry.address).passages
    if entry.address == "errors":
        return tuple(Passage(each.code, each.code, each.default_message) for each in every_denial())
    return tuple(
        Passage(operation.id, operation.summary, f"{operation.method} {operation.path} {operation.description}")
        for resource in api_reference(api_description())
        for operation in resource.operations
    )
