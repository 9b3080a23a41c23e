"""Secrets have no place in a configuration that every member's agent fetches: only `{env:NAME}` may stand for one.

The texts come from strangers: no pattern here may look at a character more than a bounded number of times.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, NamedTuple

from workspaces.configuration.reading import Path

ENV_REFERENCE: Final = re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
FILE_REFERENCE: Final = re.compile(r"\{file:")

# Below these keys are names of tools and patterns, which may contain words such as “token”.
_NO_SECRETS_BELOW: Final = frozenset({"permission", "tools", "keybinds"})
_SECRET_WORDS: Final = frozenset(
    {
        "apikey",
        "secret",
        "token",
        "password",
        "passwd",
        "authorization",
        "credential",
        "credentials",
        "cookie",
        "bearer",
    }
)
_SECRET_PAIRS: Final = frozenset({("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key")})
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# What may be beside a reference without being a secret itself.
_SCHEME: Final = re.compile(r"(?:(?:bearer|basic|token|apikey)\s+)?", re.IGNORECASE)
# A URL with a password is found by its `://`: matching the letters before it would read each of them again.
_LOOKS_SECRET: Final = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}"
    r"|AKIA[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}"
    r"|oc_(?:live|share|dev|ref)_[0-9A-Za-z]{16,})|-----BEGIN [A-Z ]*PRIVATE KEY|://[^/\s:@{}]+:[^/\s@{}]+@"
)


class Literal(NamedTuple):
    """A text that is, or may be, a secret or reads a file."""

    path: Path
    is_file: bool


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in the configuration, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from texts(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from texts(child, (*path, index))


def literals(value: Any) -> Iterator[Literal]:
    """What must not be there: secrets written out, and references that read a file of the member's machine."""
    for path, text in texts(value):
        if FILE_REFERENCE.search(text) or any(_reads_file(step) for step in path if isinstance(step, str)):
            yield Literal(path, is_file=True)
        elif _LOOKS_SECRET.search(text) or (_holds_secret(path) and not _is_reference(text)):
            yield Literal(path, is_file=False)


def variables(value: Any) -> list[str]:
    """The environment variables the configuration reads on members' machines, each once, sorted."""
    return sorted({name for _, text in texts(value) for name in ENV_REFERENCE.findall(text)})


def _holds_secret(path: Path) -> bool:
    """Whether the key at the end of the path names something secret: apiKey, x-api-key, GITHUB_TOKEN, clientSecret."""
    keys = [step for step in path if isinstance(step, str)]
    if not keys or _NO_SECRETS_BELOW.intersection(keys[:-1]):
        return False
    return _names_secret(keys[-1])


# A long key may have thousands of texts below it, each of which checks the key.
@lru_cache(maxsize=64)
def _names_secret(key: str) -> bool:
    words = [word.lower() for word in _WORD.findall(key)]
    return bool(_SECRET_WORDS.intersection(words)) or bool(_SECRET_PAIRS.intersection(pairwise(words)))


@lru_cache(maxsize=64)
def _reads_file(key: str) -> bool:
    return FILE_REFERENCE.search(key) is not None


def _is_reference(text: str) -> bool:
    """Whether the text is nothing but references and the name of a scheme."""
    return _SCHEME.fullmatch(ENV_REFERENCE.sub("", text).lstrip()) is not None
