"""What the settings say of a GitHub App, for whoever asks GitHub in its name."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class GithubApp:
    """The App and whom it serves.

    `owners` are logins in lower case or numeric ids; `workflows` are values of `job_workflow_ref`, with or without
    `@ref`, none for any. `web`, `api` and `issuer` are addresses without a slash at the end.
    """

    id: str
    private_key: str = field(repr=False)
    owners: frozenset[str]
    workflows: tuple[str, ...]
    client_id: str
    client_secret: str = field(repr=False)
    web: str
    api: str
    issuer: str
