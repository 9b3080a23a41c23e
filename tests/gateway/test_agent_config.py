"""What a login brings: each person's agents get the models there are for them, under the admins' own configuration."""

import json
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from gateway.models import ModelPolicy, ModelSettings
from gateway.providers.agentblock import PROVIDER
from gateway.selectors.shelves import shelves_forget
from opencode.lib.clock import utc_now
from tests.cast import Cast, acting
from tests.support.devices import device_of
from tests.support.models import SECRET, add_credential, add_model
from workspaces.services.configurations import config_save

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("prices")]


@pytest.fixture
def models(cast: Cast) -> None:
    """One model of each wire form, all on keys of alpha."""
    for kind, form, slug, price in (
        ("anthropic", "messages", "claude-sonnet-5", "anthropic/claude-sonnet-5"),
        ("openai", "responses", "gpt-6-luna", "openai/gpt-6-luna"),
        ("google", "generate", "gemini-3.5-flash", "google/gemini-3.5-flash"),
        ("openrouter", "chat", "glm", "local/free"),
    ):
        add_credential(cast.alpha.pk, kind=kind, forms=[form])
        add_model(slug=slug, kind=kind, forms=[form], price_name=price, modalities_in=["text", "image"])


def asked(cast: Cast, person: Any = None, **headers: str) -> Any:
    client = Client(headers={**device_of(person or cast.carol).bearer, "x-org-id": cast.alpha.pk, **headers})
    return client.get("/api/config")


def config(cast: Cast, person: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked(cast, person).content)["config"]
    return found


def write(cast: Cast, value: dict[str, Any], based_on: int = 0) -> None:
    text = json.dumps(value)
    config_save(workspace=cast.alpha, user=cast.bob, text=text, note="", based_on=based_on, actor=acting(cast.bob))


def test_console_without_models_serves_what_was_written_and_nothing_else(cast: Cast) -> None:
    assert asked(cast).status_code == 404
    write(cast, {"share": "disabled"})
    assert config(cast) == {"share": "disabled"}


@pytest.mark.usefixtures("models")
def test_each_model_is_spoken_to_by_its_own_providers_sdk(cast: Cast, settings: LazySettings) -> None:
    settings.PUBLIC_URL = "https://console.example"
    found = config(cast)
    provider = found["provider"][PROVIDER]
    assert found["enabled_providers"] == [PROVIDER]
    assert provider["options"] == {
        "baseURL": f"https://console.example/gw/{cast.alpha.pk}/v1",
        "apiKey": "{env:OPENCODE_CONSOLE_TOKEN}",
    }
    assert {slug: each["provider"]["npm"] for slug, each in provider["models"].items()} == {
        "claude-sonnet-5": "@ai-sdk/anthropic",
        "gpt-6-luna": "@ai-sdk/openai",
        "gemini-3.5-flash": "@ai-sdk/google",
        "glm": "@ai-sdk/openai-compatible",
    }
    sonnet = provider["models"]["claude-sonnet-5"]
    assert sonnet["limit"] == {"context": 1_000_000, "output": 64_000}
    assert sonnet["cost"] == {"input": 2, "output": 10, "cache_read": 0.2, "cache_write": 2.5}
    assert (sonnet["attachment"], sonnet["modalities"]["input"]) == (True, ["text", "image"])


@pytest.mark.usefixtures("models")
def test_no_key_of_a_provider_is_in_it(cast: Cast) -> None:
    assert SECRET not in asked(cast).content.decode()


def test_provider_has_an_id_that_agents_treat_like_any_other() -> None:
    assert not PROVIDER.startswith(("openai", "opencode"))


@pytest.mark.usefixtures("models")
def test_what_admins_wrote_wins_over_the_models(cast: Cast) -> None:
    ModelSettings.objects.create(workspace_id=cast.alpha.pk, default_model="claude-sonnet-5", small_model="glm")
    assert (config(cast)["model"], config(cast)["small_model"]) == ("console/claude-sonnet-5", "console/glm")
    write(cast, {"model": "console/glm", "enabled_providers": ["console", "corp"]})
    found = config(cast)
    assert (found["model"], found["small_model"]) == ("console/glm", "console/glm")
    assert found["enabled_providers"] == ["console", "corp"]
    assert len(found["provider"][PROVIDER]["models"]) == 4


@pytest.mark.usefixtures("models")
def test_model_for_some_roles_is_not_in_others_configuration(cast: Cast) -> None:
    sonnet = add_model(slug="claude-opus-5", price_name="anthropic/claude-opus-5")
    ModelPolicy.objects.create(workspace_id=cast.alpha.pk, model=sonnet, roles=["admin"], output_cap=5_000)
    ModelSettings.objects.create(workspace_id=cast.alpha.pk, default_model="claude-opus-5")
    shelves_forget()
    assert "claude-opus-5" not in config(cast, cast.carol)["provider"][PROVIDER]["models"]
    assert "model" not in config(cast, cast.carol)
    assert config(cast, cast.bob)["model"] == "console/claude-opus-5"
    opus = config(cast, cast.bob)["provider"][PROVIDER]["models"]["claude-opus-5"]
    assert opus["limit"]["output"] == 5_000


@pytest.mark.usefixtures("models")
@pytest.mark.parametrize("change", [{"price_name": "nobody/knows-it"}, {"off_at": utc_now()}])
def test_model_that_would_be_refused_is_not_offered(cast: Cast, change: dict[str, Any]) -> None:
    add_model(slug="other", **change)
    assert "other" not in config(cast)["provider"][PROVIDER]["models"]


@pytest.mark.usefixtures("models")
def test_switch_leaves_other_providers_selectable(cast: Cast) -> None:
    ModelSettings.objects.create(workspace_id=cast.alpha.pk, is_exclusive=False)
    assert "enabled_providers" not in config(cast)


@pytest.mark.usefixtures("models")
def test_tag_changes_with_the_models_and_with_the_text(cast: Cast) -> None:
    tags = [asked(cast)["ETag"]]
    assert asked(cast, None, **{"if-none-match": tags[0]}).status_code == 304
    add_model(slug="gemini-2.5-pro", kind="google", forms=["generate"], price_name="google/gemini-2.5-pro")
    tags.append(asked(cast)["ETag"])
    write(cast, {"share": "disabled"})
    tags.append(asked(cast)["ETag"])
    assert len(set(tags)) == 3
    assert asked(cast, None, **{"if-none-match": tags[1]}).status_code == 200


@pytest.mark.usefixtures("models")
def test_other_workspaces_models_are_their_own(cast: Cast) -> None:
    client = Client(headers={**device_of(cast.charlie).bearer, "x-org-id": cast.gamma.pk})
    assert client.get("/api/config").status_code == 404
