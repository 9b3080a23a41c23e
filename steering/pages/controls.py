"""On a session's page, for the person whose agent works on it: what the agent does, a way to stop it, a prompt."""

from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from opencode.lib.clock import utc_now
from opencode.lib.errors import Denial, NotFound
from opencode.lib.http import person_of
from steering.errors import STEERING_REFUSALS
from steering.live import commands_deliver_soon
from steering.models import Run
from steering.pages.hindrances import Hindrances
from steering.pages.stepup import factor_age
from steering.protocol.commands import OUTCOMES, PROMPT_BYTES, UNDER_WAY, CommandState, Op
from steering.selectors.commands import commands_of_run
from steering.selectors.machines import has_machines
from steering.selectors.runs import run_of_session
from steering.services.deciding import Decision, command_create
from workspaces.access import workspace_access

SHOWN_FOR: Final = timedelta(minutes=10)


def session_controls(request: HttpRequest, workspace_id: str, client_id: str) -> SafeString:
    """The controls for whoever looks, if they have machines: a place for them until an agent of theirs works on it."""
    person_id = str(request.user.pk)
    run = run_of_session(person_id, workspace_id, client_id)
    if run is not None:
        return _rendered(request, run)
    return _place(request, client_id) if has_machines(person_id) else SafeString()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def controls(request: HttpRequest, slug: str, client_id: str) -> HttpResponse:
    """The controls alone; POST stops or prompts. Raises NotFound then for whom no agent works here, TooManyRequests."""
    access = workspace_access(request.user, slug, "session.view")
    run = run_of_session(access.user.pk, access.workspace.pk, client_id)
    if run is None and request.method == "POST":
        raise NotFound
    if run is None:
        return HttpResponse(_place(request, client_id))
    refusal = _act(request, run) if request.method == "POST" else None
    if request.method == "POST" and "fragment" not in request.POST:
        if refusal is not None:
            messages.error(request, refusal.message)
        return redirect("sync:session", slug, client_id)
    response = HttpResponse(_rendered(request, run, refusal), status=refusal.status if refusal else 200)
    response["Cache-Control"] = "private, no-store"
    return response


def _place(request: HttpRequest, client_id: str) -> SafeString:
    """Where the controls will be, for the script of the page; `request` is for the session's page or for theirs."""
    assert request.resolver_match is not None
    url = reverse("steering:controls", args=[request.resolver_match.kwargs["slug"], client_id])
    return format_html('<section id="steer" data-steer data-url="{}" hidden></section>', url)


def _act(request: HttpRequest, run: Run) -> Denial | None:
    """Do what the form says, or return why not."""
    posted = request.POST
    op = posted.get("op", "")
    payload = {"text": posted.get("text", "").replace("\r\n", "\n")} if op == Op.PROMPT else {}
    decision = Decision(op, posted.get("run", "") if op != Op.PROMPT else "", payload, factor_age(request))
    try:
        command_create(target=run, decision=decision, actor=person_of(request))
    except STEERING_REFUSALS as denial:
        return denial
    commands_deliver_soon(run.process_id)
    return None


def _rendered(request: HttpRequest, run: Run, refusal: Denial | None = None) -> SafeString:
    commands = commands_of_run(run, since=utc_now() - SHOWN_FOR)
    hindrances = Hindrances(request)
    ops = {op: hindrances.of(run.process, run.workspace_id, op) for op in (Op.STOP, Op.PROMPT)}
    # What hinders a stop hinders a prompt too; what hinders a prompt alone is said of the prompt.
    hindrance, op = (ops[Op.STOP], Op.STOP) if ops[Op.STOP] else (ops[Op.PROMPT], Op.PROMPT)
    context: dict[str, Any] = {
        "run": run,
        "is_away": hindrance == "away",
        "commands": [(each, OUTCOMES[CommandState(each.state)]) for each in commands],
        "is_under_way": any(each.state in UNDER_WAY for each in commands),
        "may_stop": run.is_running and not ops[Op.STOP],
        "may_prompt": not ops[Op.PROMPT],
        "refusal": refusal,
        "prompt_bytes": PROMPT_BYTES,
        **hindrances.context(run.process, hindrance, op),
    }
    return render_to_string("steering/controls.html", context, request)
