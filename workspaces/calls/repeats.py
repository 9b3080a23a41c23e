"""The `Idempotency-Key` header: a request that creates something acts once, however often it is sent."""

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from ninja.responses import NinjaJSONEncoder

from opencode.lib.errors import FieldsInvalid
from workspaces.calls.callers import caller_of
from workspaces.services.repeats import Answer, act_once

P = ParamSpec("P")

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"
_FORM: Final = re.compile(r"[\x21-\x7e]{1,200}")
_CREATED: Final = 201

REPEATABLE: Final[dict[str, Any]] = {
    "parameters": [
        {
            "in": "header",
            "name": HEADER,
            "required": False,
            "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,200}$"},
            "description": "A text of your own, new for each thing to be made. The same request again gets the first "
            "one's answer and makes nothing, for a day.",
        }
    ]
}
"""What the schema says of such an operation, as `openapi_extra`."""


View = Callable[Concatenate[HttpRequest, P], Schema]
Repeatable = Callable[Concatenate[HttpRequest, P], HttpResponse]


def repeatable(may: Callable[Concatenate[HttpRequest, P], object]) -> Callable[[View[P]], Repeatable[P]]:
    """Make the view answer 201 with what it created; with the header, it acts once.

    `may` takes the view's arguments and raises when the caller lacks the rights: a caller who has lost them since does
    not get the kept answer, which can hold a secret.
    """

    def decorate(view: View[P]) -> Repeatable[P]:
        return _once(view, may)

    return decorate


def _once(view: View[P], may: Callable[Concatenate[HttpRequest, P], object]) -> Repeatable[P]:
    @wraps(view)
    def once(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        def act() -> Answer:
            made = view(request, *args, **kwargs).model_dump(by_alias=True)
            return Answer(_CREATED, json.dumps(made, cls=NinjaJSONEncoder))

        key = request.headers.get(HEADER)
        if key is None:
            return _response(act())
        if _FORM.fullmatch(key) is None:
            message = f"{HEADER} has 1 to 200 visible ASCII characters."
            raise FieldsInvalid(message, fields={HEADER: [message]})
        may(request, *args, **kwargs)
        same = f"{request.method} {request.get_full_path()}\n".encode() + request.body
        answer, is_replayed = act_once(caller_id=caller_of(request).repeats_as, key=key, request=same, act=act)
        return _response(answer, is_replayed=is_replayed)

    return once


def _response(answer: Answer, *, is_replayed: bool = False) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type="application/json")
    if is_replayed:
        response[REPLAYED] = "true"
    return response
