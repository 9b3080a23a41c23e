"""Models and providers' credentials for tests, as rows, and shelves that remember nothing of the test before."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from billing.pricing.pricelist import PriceList, price_list_of
from billing.services.prices import BUNDLED, price_list_of_file, prices_load
from gateway.models import Model, ProviderCredential, new_credential_id
from gateway.sealed import credential_seal
from gateway.selectors.shelves import shelves_forget

SECRET = "sk-test-canary-3f9c1d7a"


@pytest.fixture(autouse=True)
def fresh_shelves() -> Iterator[None]:
    shelves_forget()
    yield
    shelves_forget()


def add_credential(workspace_id: str = "", *, secret: str = SECRET, **fields: Any) -> ProviderCredential:
    """An Anthropic key of the workspace, or of the host."""
    row_id = new_credential_id()
    row = ProviderCredential.objects.create(
        id=row_id,
        workspace_id=workspace_id,
        secret=credential_seal(workspace_id=workspace_id, credential_id=row_id, secret=secret),
        last4=secret[-4:],
        **{
            "kind": "anthropic",
            "name": "Team key",
            "base_url": "https://api.anthropic.com/v1",
            "forms": ["messages"],
            **fields,
        },
    )
    shelves_forget()
    return row


def add_model(workspace_id: str = "", **fields: Any) -> Model:
    """The host's `claude-sonnet-5`, or another."""
    row = Model.objects.create(
        workspace_id=workspace_id,
        **{
            "slug": "claude-sonnet-5",
            "name": "Claude Sonnet 5",
            "kind": "anthropic",
            "upstream_name": "claude-sonnet-5-20260101",
            "price_name": "anthropic/claude-sonnet-5",
            "forms": ["messages"],
            "context_window": 1_000_000,
            "output_limit": 64_000,
            **fields,
        },
    )
    shelves_forget()
    return row


PRICED = ("claude-sonnet-5", "claude-opus-5", "gpt-6-luna", "gemini-3.5-flash", "gemini-2.5-pro", "free")


@lru_cache
def few_prices() -> PriceList:
    """The bundled prices of some models: a whole list takes a second to load."""
    bundled = price_list_of_file(BUNDLED)
    wanted = [model for model in bundled.models if model.model in PRICED and model.provider not in {"aws", "azure"}]
    return price_list_of("test", bundled.made_on, wanted)


@pytest.fixture
def prices(db: None) -> None:
    """Prices of the models in PRICED."""
    prices_load(price_list=few_prices(), layer="imported")
