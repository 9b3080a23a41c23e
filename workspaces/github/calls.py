"""Requests to GitHub, whose addresses come from the host's settings: bounded in time and size, no redirects."""

import json
from typing import Any, Final

import requests

from workspaces.errors import GithubUnreachable

SECONDS: Final = 10
ANSWER_BYTES: Final = 1024 * 1024
SERVER_ERROR: Final = 500


def github_call(
    method: str, url: str, *, bearer: str = "", json_body: Any = None, form: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object of the answer, empty when it is none.

    Raises GithubUnreachable when GitHub does not answer in time, answers with more than ANSWER_BYTES, or with its own
    failure.
    """
    headers = {"Accept": "application/json", "User-Agent": "opencode-console"}
    if bearer:
        headers |= {"Authorization": f"Bearer {bearer}", "X-GitHub-Api-Version": "2022-11-28"}
    try:
        with requests.Session() as session:
            # The environment's proxies and .netrc are not asked: what is sent are secrets.
            session.trust_env = False
            answer = session.request(
                method,
                url,
                headers=headers,
                json=json_body,
                data=form,
                timeout=SECONDS,
                allow_redirects=False,
                stream=True,
            )
            content = answer.raw.read(ANSWER_BYTES + 1, decode_content=True)
    except (requests.RequestException, OSError) as error:
        raise GithubUnreachable from error
    if answer.status_code >= SERVER_ERROR or len(content) > ANSWER_BYTES:
        raise GithubUnreachable
    return answer.status_code, _object(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
