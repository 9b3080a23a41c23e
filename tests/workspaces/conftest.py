"""What tests of workspaces share."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast
from workspaces.models import APIKey, ShareToken, Workspace
from workspaces.services.api_keys import api_key_create
from workspaces.services.share_tokens import share_token_create

MakeKey = Callable[..., tuple[APIKey, str]]
MakeToken = Callable[..., tuple[ShareToken, str]]


@pytest.fixture
def make_key(cast: Cast) -> MakeKey:
    """`make_key(cast.carol)` is a live key of carol's in alpha, with its secret."""

    def make(user: User, workspace: Workspace | None = None, **fields: Any) -> tuple[APIKey, str]:
        values = {"name": "laptop", "scopes": ["sync:read", "sync:write"], **fields}
        return api_key_create(workspace=workspace or cast.alpha, created_by=user, **values, actor=THE_CONSOLE)

    return make


@pytest.fixture
def make_token(cast: Cast) -> MakeToken:
    def make(workspace: Workspace | None = None, **fields: Any) -> tuple[ShareToken, str]:
        values = {"name": "build server", "created_by": cast.alice, **fields}
        return share_token_create(workspace=workspace or cast.alpha, **values, actor=THE_CONSOLE)

    return make
