"""Refusals of bridges and of what people tell agents; each leaves everything unchanged."""

from typing import Final

from opencode.lib.errors import Conflict, Denial, TooManyRequests


class ProcessTaken(Denial):
    code = "process_taken"
    status = 403
    default_message = "Another bridge has this process id; to go on as that process, show the secret of its welcome."


class BridgeReplaced(Conflict):
    code = "bridge_replaced"
    default_message = "This agent process has opened another connection."


class AskMalformed(Denial):
    code = "ask_malformed"
    status = 422
    default_message = "The ask is of no known kind, its content is no JSON object, or its digest is another one."


class AskLimitReached(TooManyRequests):
    code = "ask_limit_reached"
    default_message = "This agent process has as many open asks as it can have."


class CeilingTooLow(Denial):
    code = "ceiling_too_low"
    status = 403
    default_message = "This workspace does not let that be done from the console."


class MachineForbids(Denial):
    code = "machine_forbids"
    status = 403
    default_message = "This machine does not let that be done from the console."


class StepUpNeeded(Denial):
    code = "step_up_needed"
    status = 403
    default_message = "Confirm your second factor in this browser first."


class MachineAway(Conflict):
    code = "machine_away"
    default_message = "The machine is away, so nothing was sent."


class AskEnded(Conflict):
    code = "ask_ended"
    default_message = "The agent no longer waits for this."


class AskDecided(Conflict):
    code = "ask_decided"
    default_message = "Somebody has just decided this, or something like it is still under way."


class AskNotShown(Conflict):
    code = "ask_not_shown"
    default_message = "The agent waits for something else than what was shown; look again."


class RunEnded(Conflict):
    code = "run_ended"
    default_message = "The run that was shown has ended."


class PromptMalformed(Denial):
    code = "prompt_malformed"
    status = 422
    default_message = "A prompt has words, and at most 4 KB of them."


class PushMalformed(Denial):
    code = "push_malformed"
    status = 422
    default_message = "This is no subscription of a browser, or of a push service that this console does not call."


STEERING_REFUSALS: Final = (
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
"""Why an act of a person was refused; such a refusal is in the audit log."""
