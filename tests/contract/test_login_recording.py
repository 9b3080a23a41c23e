"""Managed configuration comes later: until then its address says so."""

import pytest

from tests.contract.recordings import LOGIN, requests_of
from tests.support.agent_client import AgentClient, denial_of

LATER = ("/api/config",)
CALLS = sorted({(r["method"], r["path"]) for r in requests_of(LOGIN) if r["path"].startswith(LATER)})


@pytest.mark.parametrize(("method", "path"), CALLS, ids=[f"{method} {path}" for method, path in CALLS])
async def test_account_routes_are_not_served_yet_and_answer_not_found(
    agent: AgentClient, method: str, path: str
) -> None:
    request = next(r for r in requests_of(LOGIN) if (r["method"], r["path"]) == (method, path))
    answer = await agent.send(method, path, request["body"], headers={"accept": "*/*"})
    assert denial_of(answer) == (404, "not_found")
