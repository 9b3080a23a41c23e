"""Identifiers and random text."""

import re

import pytest

from opencode.lib.ids import BASE62, new_id, random_base62


def test_id_names_its_noun() -> None:
    assert re.fullmatch(r"wrk_[0-9A-HJKMNP-TV-Z]{26}", new_id("wrk"))


def test_ids_fit_their_columns() -> None:
    assert len(new_id("usr")) == 30


def test_base62_has_62_different_characters() -> None:
    assert len(set(BASE62)) == 62


@pytest.mark.parametrize(("bits", "length"), [(96, 17), (128, 22), (160, 27)])
def test_random_text_holds_its_bits(bits: int, length: int) -> None:
    assert len(random_base62(bits)) == length
    assert 62**length >= 2**bits


def test_random_text_uses_the_alphabet_only() -> None:
    assert set(random_base62(6000)) <= set(BASE62)
