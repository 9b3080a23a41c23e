"""One ask as a page: the whole of it, and, for its own person, the decision."""

import re
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from opencode.lib.errors import Forbidden, NotFound
from opencode.lib.http import person_of
from steering.errors import STEERING_REFUSALS
from steering.live import commands_deliver_soon
from steering.models import Ask
from steering.pages.showing import asks_shown
from steering.pages.stepup import factor_age
from steering.protocol.commands import ANSWERS, WORDS_CHARACTERS, Op
from steering.selectors.commands import visible_ask
from steering.services.deciding import Decision, command_create
from workspaces.access import workspace_access_by_id

SLUG: Final = re.compile(r"[a-z0-9-]{1,64}")


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
    context = {**asks_shown(request, [ask])[0], "access": access, "nav": "sessions"}
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
        command_create(target=ask, decision=decision, actor=person_of(request))
    except STEERING_REFUSALS as denial:
        messages.error(request, denial.message)
    else:
        commands_deliver_soon(ask.process_id)
    back = request.POST.get("back", "")
    return redirect(*(("steering:inbox", back) if SLUG.fullmatch(back) else ("steering:ask", ask.pk)))


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
