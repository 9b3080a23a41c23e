"""A person's act on their own agent: looked at under the process's lock, queued as a command, and audited."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from django.db import IntegrityError, transaction

from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import TooManyRequests
from opencode.lib.ratelimits import rate_count
from steering.errors import (
    STEERING_REFUSALS,
    AskDecided,
    AskEnded,
    AskNotShown,
    CeilingTooLow,
    MachineAway,
    MachineForbids,
    PromptMalformed,
    RunEnded,
    StepUpNeeded,
)
from steering.models import AgentProcess, Ask, Command, Run
from steering.protocol.commands import OPS_OF_KIND, PROMPT_BYTES, Op, allows
from steering.protocol.states import AskState
from steering.selectors.commands import ceiling_of, is_away
from steering.services.recording import steering_record

EXPIRES: Final = timedelta(seconds=60)
A_MINUTE: Final = 30
PROMPTS_A_MINUTE: Final = 5


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person wants done, as their page said it.

    `digest` is that of the ask that was shown to them, or the name of the run; a prompt has none.
    """

    op: str
    digest: str
    payload: Mapping[str, Any]
    factor_age: int | None


def command_create(*, target: Ask | Run, decision: Decision, actor: Actor) -> Command:
    """Queue what the target's own person wants. A refusal is in the audit log as well, and changes nothing else.

    Raises those of STEERING_REFUSALS, and TooManyRequests.
    """
    _require_pace("steering", actor, A_MINUTE)
    if decision.op == Op.PROMPT:
        _require_pace("steering-prompts", actor, PROMPTS_A_MINUTE)
    try:
        return _create(target, decision, actor)
    except STEERING_REFUSALS as denial:
        with transaction.atomic():
            steering_record(target, actor, "steering.refuse", {**_told(decision), "code": denial.code})
        raise


def _require_pace(scope: str, actor: Actor, limit: int) -> None:
    rate = rate_count(scope, actor.id, limit=limit, seconds=60)
    if rate.is_exceeded:
        raise TooManyRequests(retry_after=rate.reset_seconds, limit=rate.limit)


@transaction.atomic
def _create(target: Ask | Run, decision: Decision, actor: Actor) -> Command:
    process = AgentProcess.objects.select_for_update().select_related("machine").get(pk=target.process_id)
    target.refresh_from_db()
    _require_allowed(target, process, decision)
    names = _of_ask(target, decision) if isinstance(target, Ask) else _of_run(target, decision)
    if is_away(process, utc_now()):
        raise MachineAway
    try:
        with transaction.atomic():
            command = Command.objects.create(
                process=process,
                user_id=actor.id,
                op=decision.op,
                payload=json.dumps(decision.payload),
                expires_at=utc_now() + EXPIRES,
                **names,
            )
    except IntegrityError:
        raise AskDecided from None
    steering_record(target, actor, "steering.decide", {**_told(decision), "command": command.pk})
    return command


def _require_allowed(target: Ask | Run, process: AgentProcess, decision: Decision) -> None:
    if not allows(ceiling_of(target.workspace_id), decision.op):
        raise CeilingTooLow
    if decision.factor_age is None:
        raise StepUpNeeded
    if not allows(process.machine.mode, decision.op):
        raise MachineForbids


def _of_ask(ask: Ask, decision: Decision) -> dict[str, Any]:
    """The command's fields that say what it is about."""
    if ask.state != AskState.OPEN:
        raise AskEnded
    if ask.is_too_large or decision.digest != ask.digest or decision.op not in OPS_OF_KIND.get(ask.kind, ()):
        raise AskNotShown
    return {"ask": ask, "digest": ask.digest, "open_slot": ask.pk}


def _of_run(run: Run, decision: Decision) -> dict[str, Any]:
    if decision.op == Op.STOP:
        if not run.is_running or decision.digest != run.name:
            raise RunEnded
        return {"run": run, "digest": run.name, "open_slot": f"{run.pk}:stop"}
    if decision.op != Op.PROMPT:
        raise AskNotShown
    text = str(decision.payload.get("text", "")).encode("utf-8", "replace")
    if not text.strip() or len(text) > PROMPT_BYTES:
        raise PromptMalformed
    return {"run": run, "digest": sha256(text).hexdigest(), "open_slot": f"{run.pk}:prompt"}


def _told(decision: Decision) -> dict[str, Any]:
    return {"op": decision.op[:20], "digest": decision.digest[:64], "factor_age": decision.factor_age}
