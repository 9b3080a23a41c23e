"""A GitHub on loopback, and a console that has its App."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from opencode.settings.sources.environment import Environment
from opencode.settings.sources.githubapp import read_github_app
from tests.support.github import GithubStandIn, SigningKey, github


@pytest.fixture(scope="module")
def keys() -> tuple[SigningKey, SigningKey]:
    """The App's own and GitHub's; making one takes a tenth of a second."""
    return SigningKey("app"), SigningKey("first")


@pytest.fixture
def hub(keys: tuple[SigningKey, SigningKey], settings: Settings) -> Iterator[GithubStandIn]:
    with github(*keys) as server:
        settings.GITHUB_APP = read_github_app(Environment(**server.settings()))
        yield server
