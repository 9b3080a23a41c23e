"""The host's models: those that come with the console, an operator's file, and what people wrote by hand."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from billing.services.prices import BUNDLED as PRICES
from billing.services.prices import price_list_of_file, prices_load
from gateway.management.packages import model_list_from_packages
from gateway.models import Model
from gateway.providers.modellist import ModelsInvalid, model_list_read, model_list_written
from gateway.selectors.prices import prices_of
from gateway.services.catalogue import BUNDLED, model_list_of_file, models_load, models_prepare
from opencode.lib.clock import utc_now
from tests.support.models import add_model

pytestmark = pytest.mark.django_db
LISTED: dict[str, Any] = {
    "slug": "lab-1",
    "name": "Lab 1",
    "kind": "openai",
    "price_name": "openai/gpt-5",
    "context_window": 1000,
    "output_limit": 100,
}


def listing(*models: dict[str, Any], **head: Any) -> bytes:
    return json.dumps({"format": 1, "source": "test", "made_on": "2026-11-29", "models": models, **head}).encode()


@pytest.fixture
def file(tmp_path: Path, settings: LazySettings) -> Path:
    """An operator's file of models, named by the setting."""
    settings.MODELS_FILE = str(tmp_path / "models.json")
    return tmp_path / "models.json"


def test_every_bundled_model_has_a_price() -> None:
    prices_load(price_list=price_list_of_file(PRICES), layer="imported")
    names = {model.price_name for model in model_list_of_file(BUNDLED).models}
    assert len(names) > 50
    assert names - set(prices_of(names, now=utc_now())) == set()


def test_bundled_list_is_what_the_packages_say() -> None:
    bundled = model_list_of_file(BUNDLED)
    known = {model.slug: model for model in model_list_from_packages(made_on=utc_now().date()).models}
    assert [model.slug for model in bundled.models if model != known.get(model.slug)] == []
    assert "claude-sonnet-5" in known
    assert not {"gpt-image-1", "gemini-2.5-pro-tts", "text-embedding-3-small", "claude-2"} & known.keys()
    assert known["claude-sonnet-4-6"].modalities_in == ["text", "image", "pdf"]
    assert known["claude-sonnet-4-6"].output_limit == 64_000


def test_start_loads_the_bundled_models_once(file: Path, settings: LazySettings) -> None:
    settings.MODELS_FILE = ""
    assert models_prepare() == Model.objects.count() > 50
    assert models_prepare() == 0


def test_operators_file_goes_before_what_is_bundled(file: Path) -> None:
    file.write_bytes(listing({**LISTED, "slug": "gpt-5", "name": "Our GPT"}, LISTED))
    models_prepare()
    assert Model.objects.get(slug="gpt-5").name == "Our GPT"
    assert Model.objects.get(slug="lab-1").source == "file"
    assert models_prepare() == 0
    file.write_bytes(listing())
    models_prepare()
    assert not Model.objects.filter(slug="lab-1").exists()
    assert Model.objects.get(slug="gpt-5").name != "Our GPT"


def test_what_people_wrote_and_switched_remains(file: Path) -> None:
    add_model(slug="gpt-5", name="By hand")
    off = add_model(slug="o3", source="imported", off_at=utc_now())
    file.write_bytes(listing({**LISTED, "slug": "gpt-5"}))
    models_prepare()
    assert Model.objects.get(slug="gpt-5").name == "By hand"
    off.refresh_from_db()
    assert (off.off_at is None, off.kind) == (False, "openai")


def test_workspaces_own_models_are_no_ones_business(file: Path) -> None:
    own = add_model("wrk_1", slug="gpt-5", source="imported", name="Ours")
    file.write_bytes(listing({**LISTED, "slug": "gpt-5"}))
    models_prepare()
    own.refresh_from_db()
    assert own.name == "Ours"


def test_model_that_is_imported_no_more_remains(file: Path) -> None:
    models_load(models=model_list_read(listing(LISTED)), source=Model.Source.IMPORTED)
    loaded = models_load(models=model_list_read(listing()), source=Model.Source.IMPORTED)
    assert loaded.gone == ("lab-1",)
    assert Model.objects.filter(slug="lab-1").exists()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        listing(format=2),
        listing(LISTED, LISTED),
        listing({**LISTED, "slug": "a/b"}),
        listing({**LISTED, "slug": "-a"}),
        listing({**LISTED, "slug": "a" * 101}),
        listing({**LISTED, "kind": "compatible"}),
        listing({**LISTED, "kind": "acme"}),
        listing({**LISTED, "forms": ["messages"]}),
        listing({**LISTED, "output_limit": 1001}),
        listing({**LISTED, "output_limit": 0}),
        listing({**LISTED, "output_limit": "100"}),
        listing({**LISTED, "modalities_in": ["smell"]}),
        listing({**LISTED, "modalities_in": []}),
        listing({**LISTED, "secret": "x"}),
        listing({key: value for key, value in LISTED.items() if key != "price_name"}),
    ],
)
def test_faulty_list_is_refused_whole(text: bytes) -> None:
    with pytest.raises(ModelsInvalid, match=r"\w"):
        model_list_read(text)


def test_list_reads_as_it_was_written() -> None:
    models = model_list_of_file(BUNDLED)
    assert model_list_read(model_list_written(models).encode()) == models


def test_missing_or_large_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelsInvalid, match=r"none\.json: No such file"):
        model_list_of_file(tmp_path / "none.json")
    monkeypatch.setattr("gateway.services.catalogue.FILE_BYTES", 10)
    with pytest.raises(ModelsInvalid, match="is larger than 10 bytes"):
        model_list_of_file(BUNDLED)


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("models_import", *arguments, stdout=out)
    return out.getvalue()


def test_command_says_what_it_changes_and_ends_with_one_when_nothing_does(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(listing(LISTED))
    assert "+ lab-1\n" in said("--file", str(path), "--dry-run")
    assert not Model.objects.exists()
    assert "+ lab-1\n" in said("--file", str(path))
    with pytest.raises(SystemExit) as ended:
        said("--file", str(path))
    assert ended.value.code == 1
    path.write_bytes(b"nothing")
    with pytest.raises(CommandError, match=str(path)) as refused:
        said("--file", str(path))
    assert refused.value.returncode == 2


def test_command_imports_from_the_packages_and_writes_a_list(tmp_path: Path) -> None:
    report = json.loads(said("--output", str(tmp_path / "list.json"), "--json"))
    assert (report["dry_run"], "claude-sonnet-5" in report["added"]) == (False, True)
    assert not Model.objects.exists()
    assert len(model_list_of_file(tmp_path / "list.json").models) == report["models"]
