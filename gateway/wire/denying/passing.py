"""What a provider refuses for good: passed on as it is, reworded where an agent would take its words for others."""

from typing import NamedTuple

from gateway.errors import ContextExceeded, ModelUnknown, ProviderRefused
from gateway.providers.kinds import Form
from gateway.wire.denying.bodies import denial_body
from gateway.wire.denying.words import compacts, repeats


class Passed(NamedTuple):
    status: int
    body: bytes
    was_reworded: bool


def refusal_passed(form: Form, status: int, body: bytes) -> Passed:
    """The provider's refusal for the client, with status 400, 404 or 413.

    Its words stay unless they would make an agent repeat the call; a prompt that is too long is still said to be.
    """
    text = body.decode("utf-8", "replace")
    passed = status if status in {404, 413} else 400
    is_clean = bool(body) and not repeats(text)
    if is_clean:
        return Passed(passed, body, was_reworded=False)
    if compacts(text) or status == 413:
        return Passed(passed, denial_body(form, ContextExceeded()), was_reworded=True)
    said = ModelUnknown("The provider has no such model.") if status == 404 else ProviderRefused()
    return Passed(passed, denial_body(form, said), was_reworded=True)
