"""`/leaks`: a leaked key or share token is revoked, whoever reports it."""

from typing import Annotated

from django.conf import settings
from django.http import HttpRequest
from django.views.decorators.debug import sensitive_variables
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from opencode.lib.http import client_ip, request_id_of
from workspaces.calls.rates import count_reports
from workspaces.calls.refusals import answers
from workspaces.keys.format import SECRETS_FOUND
from workspaces.services.leaks import SOURCE_CHARACTERS, leak_report

router = Router()


class LeakReport(Schema):
    model_config = ConfigDict(extra="forbid")
    secrets: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(min_length=1, max_length=SECRETS_FOUND, description="The keys and share tokens that were found, whole."),
    ]
    source: Annotated[str, Field(max_length=SOURCE_CHARACTERS, description="Where: an address, a commit.")] = ""


class LeakReceived(Schema):
    received: Annotated[int, Field(description="How many were looked at. It does not say whether any was one.")]


@router.post(
    "/leaks",
    response=answers(LeakReceived, 202),
    operation_id="leaks_report",
    summary="Report leaked keys",
    auth=None,
)
@sensitive_variables("report", "secret")
def leaks_report(request: HttpRequest, report: LeakReport) -> Status[LeakReceived]:
    """Needs no sign-in: who has the secret could do worse with it. What lives is revoked at once, and its people told.

    Unknown and ended secrets get the same answer.
    """
    count_reports(request, settings.LEAK_REPORTS_PER_MINUTE)
    for secret in dict.fromkeys(report.secrets):
        leak_report(secret=secret, source=report.source, ip=client_ip(request), request_id=request_id_of(request))
    return Status(202, LeakReceived(received=len(report.secrets)))
