"""Slugs made of names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.slugs import RESERVED, base_slug, is_valid_slug, numbered_slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Alpha", "alpha"),
        ("Ada & Söhne GmbH", "ada-sohne-gmbh"),
        ("under_score", "under-score"),
        ("--a--b--", "a-b"),
        ("x", "workspace-x"),
        ("Admin", "workspace-admin"),
        ("new", "workspace-new"),
        ("日本", "workspace"),
        ("   ", "workspace"),
        ("a" * 80, "a" * 40),
    ],
)
def test_slug_of_a_name(name: str, slug: str) -> None:
    assert base_slug(name) == slug


@given(st.text(max_size=80))
def test_every_name_makes_a_valid_slug(name: str) -> None:
    assert is_valid_slug(base_slug(name))


@given(st.text(max_size=80), st.integers(min_value=2, max_value=1_001_000))
def test_numbered_slugs_stay_valid(name: str, number: int) -> None:
    assert is_valid_slug(numbered_slug(base_slug(name), number))


@pytest.mark.parametrize(
    "slug", ["", "a", "-a", "a-", "a--b", "A", "a_b", "a.b", "ä-b", "a" * 41, "a\n", *sorted(RESERVED)]
)
def test_bad_or_reserved_slug_is_refused(slug: str) -> None:
    assert not is_valid_slug(slug)
