"""One ask as a page: the whole of it, and, for its own person, the decision."""

from typing import Any, Final

import msgspec
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from accounts.models import User
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden, NotFound
from opencode.lib.http import person_of
from steering.errors import AskDecided, AskEnded, AskNotShown, CeilingTooLow, MachineAway, MachineForbids, StepUpNeeded
from steering.live import commands_deliver_soon
from steering.models import Ask, Machine, SteeringPolicy
from steering.pages.stepup import COUNTED, factor_age
from steering.protocol.commands import ANSWERS, OUTCOMES, UNDER_WAY, WORDS_CHARACTERS, CommandState, Op
from steering.selectors.commands import ceiling_of, commands_of, is_away, visible_ask
from steering.services.commands import Decision, command_create
from steering.services.projection import ask_document
from sync.protocol.keys import ask_key
from sync.store import StateRow
from sync.transcript import entry_of, render_entry
from workspaces.access import workspace_access_by_id

REFUSALS: Final = (AskDecided, AskEnded, AskNotShown, CeilingTooLow, MachineAway, MachineForbids, StepUpNeeded)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_page(request: HttpRequest, ask_id: str) -> HttpResponse:
    """GET shows it; POST decides. Raises NotFound, Forbidden for whom it does not wait for, and TooManyRequests."""
    assert isinstance(request.user, User)
    ask = visible_ask(request.user, ask_id)
    if ask is None:
        raise NotFound
    access = workspace_access_by_id(request.user, ask.workspace_id, "session.view")
    if request.method == "POST":
        return _decide(request, ask)
    context = {**_context(request, ask), "access": access, "nav": "sessions"}
    response = render(request, "steering/ask.html", context)
    response["Cache-Control"] = "private, no-store"
    if context["is_under_way"]:
        # Some seconds at most, until the decision has ended.
        response["Refresh"] = "2"
    return response


def _decide(request: HttpRequest, ask: Ask) -> HttpResponse:
    if ask.user_id != request.user.pk:
        raise Forbidden
    posted = request.POST
    decision = Decision(posted.get("op", ""), posted.get("digest", ""), _payload(posted), factor_age(request))
    try:
        command_create(ask=ask, decision=decision, actor=person_of(request))
    except REFUSALS as denial:
        messages.error(request, denial.message)
    else:
        commands_deliver_soon(ask.process_id)
    return redirect("steering:ask", ask.pk)


def _payload(posted: QueryDict) -> dict[str, Any]:
    """The words of a refusal, or the answers to each question: what was chosen, and what was written."""
    if posted.get("op") == Op.REJECT:
        words = posted.get("words", "").strip()[:WORDS_CHARACTERS]
        return {"message": words} if words else {}
    if posted.get("op") != Op.ANSWER:
        return {}
    count = min(ANSWERS, sum(name.startswith("own-") for name in posted))
    return {"answers": [_answer(posted, number) for number in range(count)]}


def _answer(posted: QueryDict, number: int) -> list[str]:
    own = posted.get(f"own-{number}", "").strip()[:WORDS_CHARACTERS]
    chosen = [each[:WORDS_CHARACTERS] for each in posted.getlist(f"choice-{number}")[:ANSWERS]]
    return [*chosen, *([own] if own else [])]


def _context(request: HttpRequest, ask: Ask) -> dict[str, Any]:
    commands = commands_of(ask)
    under_way = next((each for each in commands if each.state in UNDER_WAY), None)
    is_own = ask.user_id == request.user.pk
    hindrance = _hindrance(request, ask) if is_own and ask.is_open else ""
    return {
        "ask": ask,
        "card": _card(ask),
        "commands": [(each, OUTCOMES[CommandState(each.state)]) for each in commands],
        "is_under_way": under_way is not None,
        "is_own": is_own,
        "may_decide": is_own and ask.is_open and not hindrance and under_way is None,
        "hindrance": hindrance,
        "has_factor": Authenticator.objects.filter(user=request.user.pk, type__in=COUNTED).exists(),
        "questions": _questions(ask) if ask.kind == "question" else [],
    }


def _hindrance(request: HttpRequest, ask: Ask) -> str:
    """Why the person cannot decide here now, as the name of what the page says of it; empty when they can."""
    if ask.is_too_large:
        return "large"
    if ceiling_of(ask.workspace_id) != SteeringPolicy.Ceiling.APPROVE:
        return "ceiling"
    if ask.process.machine.mode != Machine.Mode.APPROVE:
        return "machine"
    if is_away(ask.process, utc_now()):
        return "away"
    return "factor" if factor_age(request) is None else ""


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
