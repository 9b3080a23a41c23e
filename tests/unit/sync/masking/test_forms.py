"""Documented forms of secrets are found wherever they stand in a text, and hidden whole."""

import pytest

from sync.masking import find_secrets, mask_text
from tests.unit.sync.masking.corpus import Sample, samples

PROVIDERS = 60
SURROUNDINGS = (
    "{}",
    "the key is {}.",
    "export X={}\n",
    'curl -H "x: {}" https://example.com',
    "\n{}\n",
    "«{}»",
    "`{}`",
)


def is_hidden(sample: Sample, surroundings: str) -> bool:
    """Whether none of the secret's telling part is left: what follows the address of a webhook, or the whole of it."""
    masked = mask_text(surroundings.format(sample.secret)).text
    return sample.secret[-12:] not in masked and sample.secret not in masked


def test_the_corpus_has_the_forms_of_many_providers() -> None:
    assert len({sample.provider for sample in samples(1)}) >= PROVIDERS


@pytest.mark.parametrize("sample", list(samples(1)), ids=lambda sample: sample.provider)
def test_a_documented_form_is_hidden_wherever_it_stands(sample: Sample) -> None:
    assert [around for around in SURROUNDINGS if not is_hidden(sample, around)] == []


def test_nearly_every_secret_of_many_drawn_is_hidden() -> None:
    """By chance a drawn one can look like a placeholder or a word; nine of ten are asked for."""
    drawn = [sample for seed in range(2, 42) for sample in samples(seed)]
    missed = [sample for sample in drawn if not is_hidden(sample, "token: {}\n")]
    assert len(missed) <= len(drawn) // 100, missed[:5]


def test_the_kind_is_named() -> None:
    secret = "ghp_" + "a1B2" * 9
    assert mask_text(f"git clone with {secret} now").text == "git clone with [hidden: GitHub token] now"


def test_several_in_one_text_are_counted() -> None:
    first, second = "ghp_" + "a1B2" * 9, "npm_" + "c3D4" * 9
    masked = mask_text(f"{first} and {second}, then {first}")
    assert masked.hidden == 3
    assert masked.text == "[hidden: GitHub token] and [hidden: npm token], then [hidden: GitHub token]"


def test_what_overlaps_is_one_and_keeps_the_telling_name() -> None:
    secret = "ghp_" + "a1B2" * 9
    assert [found.name for found in find_secrets(f'token = "{secret}"')] == ["GitHub token"]


@pytest.mark.parametrize("kind", ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "", "DSA "])
def test_a_private_key_is_hidden_to_its_end(kind: str) -> None:
    body = "\n".join("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" for _ in range(20))
    masked = mask_text(f"before\n-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----\nafter")
    assert "MIIE" not in masked.text
    assert masked.text.startswith("before\n")
    assert masked.text.endswith("\nafter")


def test_a_private_key_without_an_end_is_hidden_to_the_end_of_the_text() -> None:
    assert "MIIE" not in mask_text("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADAN\nMIIEzzzz").text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("postgres://app:s3cr3t-pw@db/prod", "postgres://app:[hidden: password in an address]@db/prod"),
        ("redis://:hunter22@10.0.0.1:6379/0", "redis://:[hidden: password in an address]@10.0.0.1:6379/0"),
        ("https://bob:p4ss%2Fw@example.com/x", "https://bob:[hidden: password in an address]@example.com/x"),
    ],
)
def test_a_password_in_an_address_is_hidden_and_the_rest_is_not(text: str, left: str) -> None:
    assert mask_text(text).text == left


@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "token"])
def test_what_follows_authorization_is_hidden(scheme: str) -> None:
    masked = mask_text(f"curl -H 'Authorization: {scheme} dXNlcjpwYXNzd29yZDEyMw=='")
    assert "dXNlcjpw" not in masked.text


def test_cookies_are_hidden() -> None:
    assert "0123abcd" not in mask_text("Cookie: sessionid=0123abcd4567efgh; theme=dark").text
