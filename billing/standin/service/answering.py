"""One request of the API: who asks, which version, whether it is a repeat; then the act, answered in Stripe's form."""

import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from billing.standin.objects.following import follow
from billing.standin.parameters import check, form_read, parameters_of
from billing.standin.sandbox import API_VERSION, Object, Sandbox, StripeRefusal
from billing.standin.service.acting import perform
from billing.standin.service.expanding import expand
from billing.standin.service.faults import REQUEST_FAULTS, fault_take
from billing.standin.service.idempotency import answer_keep, answer_kept, fingerprint_of
from billing.standin.service.routes import is_known, route_of

FORM: Final = "application/x-www-form-urlencoded"
BROKEN: Final = "Something went wrong on our end (a fault that was switched on)."


@dataclass(frozen=True)
class Request:
    """What came in: `target` is the path with its query, header names are lower case, `key` is the one to be shown."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Answer:
    """`is_lost`: the work, if any, is done, and the answer never arrives."""

    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)
    is_lost: bool = False


def answer(sandbox: Sandbox, request: Request, api_key: str) -> Answer:
    """Do what a request asks for. Whatever it changes is planned for delivery, and is not committed to a file yet."""
    path = urlsplit(request.target).path
    request_id = sandbox.new_id("req", 14)
    fault = fault_take(sandbox, REQUEST_FAULTS, f"{request.method} {path}")
    name = fault["fault"] if fault else ""
    if name in ("error_before", "time_out_before", "rate_limit"):
        status, kind = (429, "rate_limit_error") if name == "rate_limit" else (500, "api_error")
        refused = StripeRefusal(BROKEN, status=status, kind=kind)
        return _made(refused.status, _text(refused.body), request_id, is_lost=name == "time_out_before")
    try:
        _authenticate(request, api_key)
        _check_version(request)
        done = _once(sandbox, request, path, request_id, breaks=name == "error_after")
    except StripeRefusal as refusal:
        done = _made(refusal.status, _text(refusal.body), request_id)
    return Answer(done.status, done.body, done.headers, is_lost=name == "time_out_after")


def _once(sandbox: Sandbox, request: Request, path: str, request_id: str, *, breaks: bool) -> Answer:
    """Answer a repeat with what was answered first; only reading needs no key."""
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    fingerprint = fingerprint_of(request.method, request.target, request.body)
    if key:
        kept = answer_kept(sandbox, key, fingerprint)
        if kept is not None:
            repeated = _made(kept["status"], kept["body"], request_id, replayed="true")
            return Answer(repeated.status, repeated.body, {**repeated.headers, "original-request": kept["request"]})
    sandbox.request = {"id": request_id, "idempotency_key": key}
    found = route_of(request.method, path)
    if found is None:
        raise _unrecognized(request.method, path)
    route, ids = found
    given = _given(request)
    checked = check(given, parameters_of(route.typed)) if route.typed else given
    status, body = _acted(sandbox, route.act, checked, ids)
    if breaks:
        status, body = 500, {"error": {"type": "api_error", "message": BROKEN}}
    text = _text(body)
    if key:
        answer_keep(sandbox, key, fingerprint, status, text, request_id)
    return _made(status, text, request_id, key=key)


def _acted(sandbox: Sandbox, act: Any, given: Object, ids: tuple[str, ...]) -> tuple[int, Object]:
    paths = given.pop("expand", [])
    try:
        return 200, perform(sandbox, lambda: expand(sandbox, _followed(sandbox, act(sandbox, given, *ids)), paths))
    except StripeRefusal as refusal:
        return refusal.status, expand(sandbox, refusal.body, [])


def _followed(sandbox: Sandbox, done: Object) -> Object:
    follow(sandbox)
    return done


def _given(request: Request) -> dict[str, Any]:
    query = urlsplit(request.target).query
    if request.method != "POST":
        return form_read(query or request.body)
    content_type = request.headers.get("content-type", FORM).partition(";")[0].strip()
    if content_type != FORM:
        raise StripeRefusal(f"Unsupported content type: {content_type}. Send {FORM}.")
    return form_read(request.body) | form_read(query)


def _authenticate(request: Request, api_key: str) -> None:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not sent:
        raise StripeRefusal("You did not provide an API key.", status=401)
    if not hmac.compare_digest(sent.encode(), api_key.encode()):
        shown = f"{sent[:8]}****{sent[-4:]}" if len(sent) > 16 else "****"
        raise StripeRefusal(f"Invalid API Key provided: {shown}", status=401)


def _check_version(request: Request) -> None:
    version = request.headers.get("stripe-version", API_VERSION)
    if version != API_VERSION:
        raise StripeRefusal(f"Invalid Stripe API version: {version}. This sandbox speaks {API_VERSION}.")


def _unrecognized(method: str, path: str) -> StripeRefusal:
    hint = "" if is_known(path) else " This sandbox knows only what the console uses."
    return StripeRefusal(f"Unrecognized request URL ({method}: {path}).{hint}", status=404)


def _made(
    status: int, text: str, request_id: str, *, key: str | None = None, is_lost: bool = False, replayed: str = ""
) -> Answer:
    headers = {"content-type": "application/json", "request-id": request_id, "stripe-version": API_VERSION}
    if key:
        headers |= {"idempotency-key": key, "original-request": request_id}
    if replayed:
        headers["idempotent-replayed"] = replayed
    if status in (429, 500):
        headers["stripe-should-retry"] = "true" if status == 429 else "false"
    return Answer(status, text, headers, is_lost=is_lost)


def _text(body: Object) -> str:
    return json.dumps(body, indent=2)
