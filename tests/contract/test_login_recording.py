"""Device login and shares with an account come later: until then those addresses say so in the denial contract."""

import pytest

from tests.contract.recordings import LOGIN, requests_of
from tests.support.agent_client import AgentClient, denial_of

CALLS = sorted({(request["method"], request["path"]) for request in requests_of(LOGIN)})


@pytest.mark.parametrize(("method", "path"), CALLS, ids=[f"{method} {path}" for method, path in CALLS])
async def test_account_routes_are_not_served_yet_and_answer_not_found(
    agent: AgentClient, method: str, path: str
) -> None:
    request = next(r for r in requests_of(LOGIN) if (r["method"], r["path"]) == (method, path))
    answer = await agent.send(method, path, request["body"], headers={"accept": "*/*"})
    assert denial_of(answer) == (404, "not_found")
