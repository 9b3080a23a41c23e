"""`prices_import` and `usage_explain`: what they print, and their exit codes."""

import json
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

import billing.management
from billing.models import PriceVersion
from tests.unit.billing.test_price_lists import listed, model, priced
from tests.unit.billing.vectors import DATA, VECTORS, shown

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[int, str]:
    """Exit code and what was printed."""
    said = StringIO()
    try:
        call_command(*words, stdout=said, stderr=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, said.getvalue()


def written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    return str(path)


def test_every_vector_through_the_command() -> None:
    code, said = run("usage_explain", str(DATA / "vectors.json"), "--json")
    items = {item["id"]: item for item in json.loads(said)}
    assert code == 0
    assert list(items) == [vector["id"] for vector in VECTORS]
    priced_items = {name: shown(item["rows"]) for name, item in items.items() if "rows" in item}
    assert priced_items == {v["id"]: v["expect"]["rows"] for v in VECTORS if "rows" in v["expect"]}
    assert {name for name, item in items.items() if "quarantined" in item} == {
        vector["id"] for vector in VECTORS if "quarantined" in vector["expect"]
    }


def test_a_body_without_prices_of_its_own_is_priced_by_those_in_force(tmp_path: Path) -> None:
    run("prices_import", "--file", written(tmp_path / "list.json", listed(model("sonnet", prices=[priced(10**6)]))))
    usage = {"input_tokens": 5, "output_tokens": 2, "iterations": []}
    item = {"id": "x", "format": "anthropic", "model": "sonnet", "usage": usage}
    _, said = run("usage_explain", written(tmp_path / "usage.json", {"vectors": [item]}), "--json")
    (row,) = json.loads(said)[0]["rows"]
    assert (row["micro_cents"], row["price_version"]) == (7, PriceVersion.objects.get().pk)
    unknown = {**item, "model": "opus"}
    _, said = run("usage_explain", written(tmp_path / "usage.json", {"vectors": [unknown]}), "--json")
    assert json.loads(said) == [{"id": "x", "quarantined": "model_without_price", "detail": "opus"}]


def test_a_person_reads_classes_prices_and_the_sum(tmp_path: Path) -> None:
    path = written(tmp_path / "one.json", {"vectors": [VECTORS[0], VECTORS[-1]]})
    _, said = run("usage_explain", path)
    first, line, last = said.splitlines()
    assert first == "ref-1000-input, the model that was asked: $0.003 = 300,000 micro-cents"
    assert line.split() == ["input", "1,000", "×", "300,000,000", "=", "300,000"]
    assert last == "q-no-price-for-class: quarantined, class_without_price (cache_write_5m)"


ITEM = {"id": "x", "format": "anthropic", "usage": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[1]", "file: is not an object"),
        ("{}", "file.vectors: is not a list"),
        ('{"vectors": [1]}', "vectors[0]: is not an object"),
        ('{"vectors": [{"id": null}]}', "vectors[0].id: is neither a text nor a number"),
        (json.dumps({"vectors": [{"id": "x"}]}), "vectors[0] (x).format: is not a text"),
        (json.dumps({"vectors": [{"id": "x", "format": "anthropic"}]}), "vectors[0] (x).usage: is missing"),
        (json.dumps({"vectors": [{**ITEM, "at": "noon"}]}), "vectors[0] (x).at: is not a time with its zone"),
        (json.dumps({"vectors": [{**ITEM, "units": {"web_search": -1}}]}), "units.web_search: is negative"),
        (json.dumps({"vectors": [{**ITEM, "prices": {"": {"base": {"input": -1}}}}]}), "base.input: is negative"),
        (json.dumps({"vectors": [{**ITEM, "price_versions": {}}]}), "price_versions: is not a list"),
        ("9" * 10_000, "is not JSON"),
    ],
)
def test_a_malformed_file_is_named_with_exit_code_2(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text)
    code, printed = run("usage_explain", str(path), "--json")
    assert code == 2
    assert said in printed


def test_a_missing_file_has_exit_code_2(tmp_path: Path) -> None:
    assert run("usage_explain", str(tmp_path / "none.json")) == (2, f"{tmp_path}/none.json: No such file or directory")


def test_import_from_the_package_says_what_is_new_and_loads_it_once() -> None:
    code, said = run("prices_import", "--provider", "anthropic", "--dry-run", "--json")
    told = json.loads(said)
    assert (code, told["dry_run"], PriceVersion.objects.count()) == (0, True, 0)
    assert "anthropic/claude-sonnet-4-5" in told["added"]
    assert run("prices_import", "--provider", "anthropic", "--reason", "a Monday")[0] == 0
    version = PriceVersion.objects.get()
    assert (version.reason, version.models_count) == ("a Monday", told["models"])
    code, said = run("prices_import", "--provider", "anthropic")
    assert (code, said.splitlines()[-1].endswith("0 new, 0 gone, 0 changed")) == (1, True)
    assert PriceVersion.objects.count() == 1


def test_import_from_a_file_shows_the_difference(tmp_path: Path) -> None:
    first = written(tmp_path / "1.json", listed(model("a"), model("b", prices=[priced(1)])))
    run("prices_import", "--file", first)
    second = written(tmp_path / "2.json", listed(model("b", prices=[priced(2)]), model("c")))
    code, said = run("prices_import", "--file", second, "--dry-run")
    assert code == 0
    assert said.splitlines()[:2] == ["+ anthropic/c", "- anthropic/a"]
    assert said.splitlines()[2].startswith("~ anthropic/b: input 1 → 2")
    assert PriceVersion.objects.count() == 1


def test_import_of_a_bad_list_changes_nothing(tmp_path: Path) -> None:
    run("prices_import", "--file", written(tmp_path / "1.json", listed(model("a"))))
    bad = written(tmp_path / "2.json", listed(model("a", prices=[priced(-1)])))
    code, said = run("prices_import", "--file", bad)
    assert (code, "base.input: is negative" in said) == (2, True)
    assert PriceVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--provider", "nobody"], "knows no provider nobody"),
        (["--file", "x.json", "--provider", "openai"], "--provider does not go with --file"),
        (["--provider", "cerebras", "--output", "/nowhere/x.json"], "No such file or directory"),
    ],
)
def test_unusable_options_have_exit_code_2(words: list[str], said: str) -> None:
    code, printed = run("prices_import", *words)
    assert (code, said in printed) == (2, True)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(billing.management, "genai", raising=False)
    monkeypatch.setitem(sys.modules, "billing.management.genai", None)
    code, said = run("prices_import")
    assert (code, "genai-prices is not installed" in said) == (2, True)


def test_a_list_written_to_a_file_is_compared_with_the_one_there(tmp_path: Path) -> None:
    path = tmp_path / "made.json"
    words = ("prices_import", "--provider", "cerebras", "--output", str(path))
    assert run(*words, "--dry-run")[0] == 0
    assert not path.exists()
    assert run(*words)[0] == 0
    assert "MIT" in json.loads(path.read_text())["licence"]
    assert run(*words)[0] == 1
    assert not PriceVersion.objects.exists()


def test_a_deployment_that_migrates_itself_loads_what_a_start_does(tmp_path: Path, settings: LazySettings) -> None:
    assert run("prices_import", "--prepare") == (0, "1 price lists loaded\n")
    assert run("prices_import", "--prepare", "--json") == (0, '{"loaded": 0}\n')
    settings.PRICES_FILE = written(tmp_path / "mine.json", listed(model("a", prices=[priced(-1)])))
    assert run("prices_import", "--prepare")[0] == 2
