"""What messages outside the console say of an ask: what kind and where, never what it is about."""

from collections.abc import Sequence
from pathlib import PurePosixPath, PureWindowsPath
from typing import Final

import msgspec

from opencode.lib.textlines import visible_part
from steering.models import Ask

NAME_CHARACTERS: Final = 40


def waiting_words(asks: Sequence[Ask]) -> str:
    """As in: bash waits in web on laptop. It is said of the oldest; how many more there are is added."""
    first = asks[0]
    process = first.process
    folder = PureWindowsPath(PurePosixPath(process.directory).name).name
    where = f" in {visible_part(folder)[:NAME_CHARACTERS]}" if folder else ""
    more = f", and {len(asks) - 1} more" if len(asks) > 1 else ""
    return f"{_what(first)} waits{where} on {visible_part(process.machine.name)[:NAME_CHARACTERS]}{more}"


def _what(ask: Ask) -> str:
    if ask.kind == "question":
        return "A question"
    content = msgspec.json.decode(ask.content) if ask.content else {}
    name = content.get("permission")
    return visible_part(name)[:NAME_CHARACTERS] or "A permission" if isinstance(name, str) else "A permission"
