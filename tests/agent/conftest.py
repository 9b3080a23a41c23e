"""The real agent on a machine of its own, and a browser to watch it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.agent.agent import Agent, agent_binary
from tests.agent.fake_model import FakeModel
from tests.support.browser import chromium

StartAgent = Callable[[str], Agent]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    agent_binary()  # without an agent there is nothing to watch
    with chromium() as started:
        yield started


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[StartAgent]:
    """Give an agent a fresh home that shares to the given address, its own server running."""
    binary = agent_binary()
    with ExitStack() as stack:
        machines: list[Path] = []

        def start(share_to: str) -> Agent:
            folder = tmp_path / f"machine{len(machines)}"
            folder.mkdir()
            machines.append(folder)
            model = stack.enter_context(FakeModel(folder / "project"))
            return stack.enter_context(Agent(binary, folder, share_to, model.url).serving())

        yield start
