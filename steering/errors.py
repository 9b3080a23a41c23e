"""Refusals of bridges; each leaves everything unchanged."""

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
