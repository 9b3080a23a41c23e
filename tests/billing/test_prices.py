"""Price lists in force: loaded whole or not at all, for good, overridden by file and by staff."""

import json
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError
from django.db import connections

from accounts.models import User
from billing.models import PriceEntry, PriceVersion
from billing.pricing.pricelist import PriceList, price_list_read
from billing.pricing.pricereading import PricesInvalid
from billing.selectors.prices import price_book, price_models_of, price_version_in_force
from billing.services.prices import BUNDLED, price_list_of_file, prices_load, prices_prepare
from opencode.management.commands import serve
from tests.cast import PASSWORD, browser
from tests.unit.billing.test_price_lists import listed, model, priced
from tests.unit.billing.vectors import NOW
from workspaces.models import AppendOnly

IMPORTED, FILE, ADMIN = (PriceVersion.Layer.IMPORTED, PriceVersion.Layer.FILE, PriceVersion.Layer.ADMIN)
ADD = "/admin/billing/priceversion/add/"

WritePrices = Callable[[Any], Path]


@pytest.fixture
def write_prices(tmp_path: Path, settings: LazySettings) -> WritePrices:
    """`write_prices(value)` makes a file of it and sets OPENCODE_PRICES to that."""

    def write(value: Any) -> Path:
        path = tmp_path / "prices.json"
        path.write_text(json.dumps(value))
        settings.PRICES_FILE = str(path)
        return path

    return write


def load(*models: dict[str, Any], layer: str = IMPORTED) -> PriceVersion | None:
    return prices_load(price_list=price_list_read(listed(*models)), layer=layer)


def price_of(name: str) -> int:
    return price_book().find(name, {}, NOW).price(NOW).base["input"]


def override(**fields: str) -> str:
    """What the admin's page says after staff filled it in; empty when it led on."""
    staff = browser(User.objects.create_superuser("root@example.com", PASSWORD))
    return staff.post(ADD, {"withdrawn": "", "reason": "a contract", **fields}).content.decode()


@pytest.mark.django_db
def test_a_fresh_console_has_prices_and_a_second_start_loads_none() -> None:
    assert prices_prepare() == 1
    assert price_of("claude-sonnet-4-5-20250929") == 300_000_000
    assert price_of("gpt-5-mini") == 25_000_000
    assert "MIT" in PriceVersion.objects.get().licence
    assert prices_prepare() == 0
    assert PriceVersion.objects.count() == 1


@pytest.mark.django_db
def test_what_is_in_force_says_the_same_as_the_list_that_was_loaded() -> None:
    prices_prepare()
    version = price_version_in_force(IMPORTED)
    assert version is not None
    bundled = price_list_of_file(BUNDLED)
    assert price_models_of(version.pk) == bundled.models
    assert version.fingerprint == bundled.fingerprint
    assert version.models_count == len(bundled.models)


@pytest.mark.django_db
def test_a_newer_import_stays_in_force_when_the_console_starts() -> None:
    newer = price_list_read(listed(model("mine"), made_on="2999-01-01"))
    prices_load(price_list=newer, layer=IMPORTED)
    assert prices_prepare() == 0
    older = PriceList(source="old", made_on=date(2020, 1, 1), models=newer.models)
    prices_load(price_list=older, layer=IMPORTED)
    assert price_of("mine") == 100


@pytest.mark.django_db
def test_the_same_list_again_makes_no_version() -> None:
    first = load(model("a"))
    assert first is not None
    assert load(model("a")) is None
    second = load(model("b"))
    third = load(model("a"))
    assert second is not None
    assert third is not None
    assert [first.number, second.number, third.number] == [1, 2, 3]


@pytest.mark.django_db
def test_a_list_that_cannot_be_stored_leaves_the_one_before_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    load(model("a", prices=[priced(1)]))

    def broken(*_args: Any, **_options: Any) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(PriceEntry.objects, "bulk_create", broken)
    with pytest.raises(RuntimeError):
        load(model("a", prices=[priced(2)]))
    monkeypatch.undo()
    assert price_of("a") == 1
    assert PriceVersion.objects.count() == 1


@pytest.mark.django_db
def test_versions_and_entries_are_never_changed_or_removed() -> None:
    version = load(model("a"))
    entry = PriceEntry.objects.get()
    for act in (version.save, version.delete, entry.save, entry.delete, PriceEntry.objects.all().delete):  # type: ignore[union-attr]
        with pytest.raises(AppendOnly):
            act()
    with pytest.raises(AppendOnly):
        PriceVersion.objects.update(source="another")


@pytest.mark.django_db
def test_the_operators_file_comes_before_what_was_imported_and_goes_with_the_setting(
    write_prices: WritePrices, settings: LazySettings
) -> None:
    prices_prepare()
    write_prices(listed(model("claude-sonnet-4-5", prices=[priced(7)])))
    assert prices_prepare() == 1
    assert price_of("claude-sonnet-4-5") == 7
    assert price_of("claude-opus-4-5") == 500_000_000
    assert prices_prepare() == 0
    settings.PRICES_FILE = ""
    assert prices_prepare() == 1
    assert price_of("claude-sonnet-4-5") == 300_000_000


@pytest.mark.django_db
def test_a_file_with_one_bad_price_loads_nothing_and_says_where(write_prices: WritePrices) -> None:
    path = write_prices(listed(model("good"), model("bad", prices=[priced(-1)])))
    with pytest.raises(PricesInvalid) as raised:
        prices_prepare()
    assert str(raised.value).startswith(f"{path}: models[1] (anthropic/bad).prices[0].price.base.input: is negative")
    assert price_version_in_force(FILE) is None


@pytest.mark.django_db
def test_a_file_that_is_missing_or_no_json_is_named(tmp_path: Path, settings: LazySettings) -> None:
    settings.PRICES_FILE = str(tmp_path / "none.json")
    with pytest.raises(PricesInvalid, match=r"none\.json: No such file"):
        prices_prepare()
    (tmp_path / "none.json").write_text("[" * 100_000)
    with pytest.raises(PricesInvalid, match=r"none\.json: is not JSON"):
        prices_prepare()


@pytest.mark.django_db
def test_a_start_with_a_bad_file_ends_with_the_settings_name(write_prices: WritePrices) -> None:
    write_prices(listed(model("bad", prices=[priced(-1)])))
    with pytest.raises(CommandError, match=r"OPENCODE_PRICES: .*is negative") as raised:
        serve.lists_loaded()
    assert raised.value.returncode == 2


@pytest.mark.django_db
def test_staff_override_a_price_with_a_reason_and_take_it_back() -> None:
    load(model("a", prices=[priced(1)]), model("b", prices=[priced(1)]))
    load(model("b", prices=[priced(3)]), layer=ADMIN)
    assert override(prices=json.dumps([model("a", prices=[priced(9)])])) == ""
    assert (price_of("a"), price_of("b")) == (9, 3)
    version = price_version_in_force(ADMIN)
    assert version is not None
    root = User.objects.get()
    assert (version.number, version.reason, version.loaded_by) == (2, "a contract", str(root.pk))
    assert browser(root).post(ADD, {"withdrawn": "anthropic/a", "reason": "it ended"}).status_code == 302
    assert (price_of("a"), price_of("b")) == (1, 3)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prices": "[]", "reason": ""}, "This field is required"),
        ({"prices": "[]"}, "Name a model."),
        ({"prices": "{"}, "Enter a valid JSON."),
        ({"prices": json.dumps([model(prices=[priced(-1)])])}, "is negative"),
        ({"withdrawn": "anthropic/a"}, "anthropic/a: is not overridden"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused(fields: dict[str, str], said: str) -> None:
    assert said in override(**fields)
    assert not PriceVersion.objects.exists()


@pytest.mark.django_db
def test_an_override_that_is_in_force_already_is_refused() -> None:
    load(model("a"), layer=ADMIN)
    assert "in force already" in override(prices=json.dumps([model("a")]))


@pytest.mark.django_db
def test_support_looks_at_prices_and_overrides_none() -> None:
    load(model("a"))
    support = User.objects.create_user("support@example.com", PASSWORD, is_staff=True)
    support.groups.add(Group.objects.get(name="support"))
    seen = browser(support)
    version, entry = PriceVersion.objects.get(), PriceEntry.objects.get()
    assert seen.get(f"/admin/billing/priceversion/{version.pk}/change/").status_code == 200
    assert seen.get(f"/admin/billing/priceentry/{entry.pk}/change/").status_code == 200
    assert seen.get("/admin/billing/priceentry/", {"q": "a"}).status_code == 200
    assert seen.get(ADD).status_code == 403
    assert seen.post(ADD, {"reason": "x", "prices": "[]"}).status_code == 403
    support.user_permissions.add(Permission.objects.get(codename="load_prices"))
    assert browser(support).get(ADD).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_processes_that_start_together_load_one_version_each_list() -> None:
    barrier = threading.Barrier(4)
    failures: list[BaseException] = []

    def start() -> None:
        try:
            barrier.wait()
            load(model("a"))
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [version.number for version in PriceVersion.objects.all()] == [1]
