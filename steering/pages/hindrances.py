"""Why a person cannot do something to their agents from here and now."""

from functools import cached_property
from typing import Any

from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Ask
from steering.pages.stepup import COUNTED, factor_age
from steering.protocol.commands import Op, allows
from steering.selectors.commands import ceiling_of, is_away


class Hindrances:
    """For one request: what it asks the database is asked once, for however many agents."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._ceilings: dict[str, str] = {}

    def of(self, process: AgentProcess, workspace_id: str, op: str) -> str:
        """The name of what `steering/hindrance.html` says of it; empty when they can."""
        if not allows(self._ceiling(workspace_id), op):
            return "ceiling"
        if not allows(process.machine.mode, op):
            return "machine"
        if is_away(process, utc_now()):
            return "away"
        return "factor" if self.factor_age is None else ""

    def of_ask(self, ask: Ask) -> str:
        return "large" if ask.is_too_large else self.of(ask.process, ask.workspace_id, Op.ALLOW)

    def context(self, process: AgentProcess, hindrance: str, op: str) -> dict[str, Any]:
        """What the template needs."""
        has_factor = hindrance == "factor" and self._has_factor
        return {"hindrance": hindrance, "process": process, "has_factor": has_factor, "op": op}

    @cached_property
    def factor_age(self) -> int | None:
        return factor_age(self._request)

    @cached_property
    def _has_factor(self) -> bool:
        return bool(Authenticator.objects.filter(user=self._request.user.pk, type__in=COUNTED).exists())

    def _ceiling(self, workspace_id: str) -> str:
        if workspace_id not in self._ceilings:
            self._ceilings[workspace_id] = ceiling_of(workspace_id)
        return self._ceilings[workspace_id]
