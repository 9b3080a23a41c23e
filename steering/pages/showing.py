"""Asks as pages show them: the whole of each, what was decided about it, and whether its person can decide it here."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpRequest
from django.utils.safestring import SafeString

from steering.models import Ask
from steering.pages.hindrances import Hindrances
from steering.protocol.commands import ANSWERS, OUTCOMES, UNDER_WAY, CommandState, Op
from steering.selectors.commands import commands_of_asks
from steering.services.projection import ask_document
from sync.protocol.keys import ask_key
from sync.store import StateRow
from sync.transcript import entry_of, render_entry


def asks_shown(request: HttpRequest, asks: Sequence[Ask]) -> list[dict[str, Any]]:
    """What the templates need of each, in the same order; the statements are as many for one as for all."""
    commands, hindrances = commands_of_asks(asks), Hindrances(request)
    return [_shown(request, ask, commands.get(ask.pk, []), hindrances) for ask in asks]


def _shown(request: HttpRequest, ask: Ask, commands: list[Any], hindrances: Hindrances) -> dict[str, Any]:
    is_under_way = any(each.state in UNDER_WAY for each in commands)
    is_own = ask.user_id == request.user.pk
    hindrance = hindrances.of_ask(ask) if is_own and ask.is_open else ""
    return {
        "ask": ask,
        "card": _card(ask),
        "commands": [(each, OUTCOMES[CommandState(each.state)]) for each in commands],
        "is_under_way": is_under_way,
        "is_own": is_own,
        "may_decide": is_own and ask.is_open and not hindrance and not is_under_way,
        "questions": _questions(ask) if ask.kind == "question" else [],
        **hindrances.context(ask.process, hindrance, Op.ALLOW),
    }


def _card(ask: Ask) -> SafeString:
    content = msgspec.json.encode(ask_document(ask)).decode()
    entry = entry_of(StateRow(ask_key(ask.root_client_id, ask.client_id), ask.version, content, False))
    return render_entry(entry, f"ask {ask.pk}").messages if entry is not None else SafeString()


def _questions(ask: Ask) -> list[dict[str, Any]]:
    """Each question with its choices, as far as they are texts."""
    content = msgspec.json.decode(ask.content) if ask.content else {}
    found = content.get("questions")
    questions = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return [
        {
            "text": str(each.get("question", "")),
            "options": [str(option["label"]) for option in each.get("options") or [] if _has_label(option)],
            "multiple": each.get("multiple") is True,
        }
        for each in questions[:ANSWERS]
    ]


def _has_label(option: Any) -> bool:
    return isinstance(option, dict) and isinstance(option.get("label"), str)
