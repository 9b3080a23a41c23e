"""The models that one person's agents are offered, as their configuration says it."""

from typing import Any, Final

from django.conf import settings

from billing.pricing.prices import Price
from gateway.models import Model, ModelSettings
from gateway.providers import Form
from gateway.providers.agentblock import OfferedModel, agent_block
from gateway.selectors.prices import prices_of
from gateway.selectors.routing import Route, models_for
from opencode.lib.clock import utc_now
from opencode.lib.money import MICRO_CENTS_PER_DOLLAR

TITLE: Final = "Console"
_CLASSES: Final = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_write": "cache_write_5m",
}
"""An agent's names of prices, and the token classes they are prices of."""


def agent_models(workspace_id: str, user_id: str, role: str) -> dict[str, Any]:
    """What the configuration of this person's agents says of models; empty when there is none for them.

    A model without a price is left out: calls for it would be refused.
    """
    routes = models_for(workspace_id=workspace_id, member_id=user_id, key_id="", role=role)
    if not routes:
        return {}
    prices = prices_of({route.model.price_name for route in routes}, now=utc_now())
    rows = Model.objects.in_bulk([route.model.id for route in routes])
    chosen = ModelSettings.objects.filter(pk=workspace_id).first() or ModelSettings(workspace_id=workspace_id)
    priced = [route for route in routes if route.model.price_name in prices and route.model.id in rows]
    return agent_block(
        [_offered(route, rows[route.model.id], prices[route.model.price_name]) for route in priced],
        title=TITLE,
        base_url=gateway_url(workspace_id),
        default=chosen.default_model,
        small=chosen.small_model,
        is_exclusive=chosen.is_exclusive,
    )


def gateway_url(workspace_id: str) -> str:
    """The address to which clients append `/chat/completions`, `/responses`, `/messages` or `/models/…`."""
    return f"{settings.PUBLIC_URL}/gw/{workspace_id}/v1"


def _offered(route: Route, row: Model, price: Price) -> OfferedModel:
    return OfferedModel(
        slug=row.slug,
        name=row.name,
        form=Form(route.candidates[0].forms[0]),
        context_window=row.context_window,
        output_limit=min(row.output_limit, route.output_cap or row.output_limit),
        modalities_in=tuple(row.modalities_in),
        modalities_out=tuple(row.modalities_out),
        reasoning=row.reasoning,
        tool_call=row.tool_call,
        temperature=row.temperature,
        prices=_dollars(price),
    )


def _dollars(price: Price) -> dict[str, float]:
    """Dollars per million tokens under an agent's names; a list of prices is in micro-cents."""
    known = {name: price.base[kind] for name, kind in _CLASSES.items() if kind in price.base}
    return {name: each / MICRO_CENTS_PER_DOLLAR for name, each in known.items()}
