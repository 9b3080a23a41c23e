"""Which models a person's new API key may really call, a name for each wire form."""

from typing import Final

from gateway.models import ModelSettings
from gateway.providers import Form
from gateway.selectors.prices import prices_of
from gateway.selectors.routing import models_for
from opencode.lib.clock import utc_now

_ANY_NEW_KEY: Final = "key_"
"""No key's id: a model that is bound to certain keys is not for it."""


def callable_models(workspace_id: str, user_id: str, role: str) -> dict[Form, str]:
    """The slug of one model by each form it may be called in: the workspace's default one where it has that form.

    Models without a price are left out, as calls for them would be refused.
    """
    routes = models_for(workspace_id=workspace_id, member_id=user_id, key_id=_ANY_NEW_KEY, role=role)
    prices = prices_of({route.model.price_name for route in routes}, now=utc_now()) if routes else {}
    chosen = ModelSettings.objects.filter(pk=workspace_id).first()
    default = chosen.default_model if chosen else ""
    found: dict[Form, str] = {}
    for route in sorted(routes, key=lambda each: (each.model.slug != default, each.model.slug)):
        if route.model.price_name in prices:
            for form in route.candidates[0].forms:
                found.setdefault(Form(form), route.model.slug)
    return found
