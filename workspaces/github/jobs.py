"""What a job of GitHub Actions says of itself, in a token that GitHub signed for it.

Only ids that GitHub signed are believed: `sub` can be customised by a repository, and names pass to other people.
"""

import hashlib
from typing import Annotated, Any, Final

import jwt
import msgspec

from opencode.lib.githubapp import GithubApp
from workspaces.errors import GithubTokenInvalid
from workspaces.github.signingkeys import signing_keys

AUDIENCE: Final = "opencode-github-action"
ALGORITHMS: Final = ("RS256",)
CLOCK_SECONDS: Final = 60
TOKEN_CHARACTERS: Final = 16_384
JTI_CHARACTERS: Final = 200
REQUIRED: Final = ("exp", "nbf", "iat", "iss", "aud", "jti")
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
FullName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$")]
# GitHub writes a bot as `name[bot]`.
Person = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,100}(\[bot\])?$")]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """The signed claims that decide; ids are numbers. `repository` is `owner/name`, only to call GitHub by."""

    jti: str
    repository: FullName
    repository_id: int
    repository_owner: Name
    repository_owner_id: int
    actor: Person
    actor_id: int
    event_name: str
    job_workflow_ref: str
    run_id: int = 0

    @property
    def digest(self) -> str:
        """What stands for the token's `jti`, of a fixed length."""
        return hashlib.sha256(self.jti.encode()).hexdigest()


def job_of(token: str, app: GithubApp) -> Job:
    """The job that the token was signed for. Raises GithubTokenInvalid, GithubUnreachable."""
    if len(token) > TOKEN_CHARACTERS:
        raise GithubTokenInvalid
    try:
        name = jwt.get_unverified_header(token).get("kid")
        if not isinstance(name, str):
            raise GithubTokenInvalid("The token names no key.")
        claims = jwt.decode(
            token,
            signing_keys(app.issuer).key(name),
            algorithms=list(ALGORITHMS),
            audience=AUDIENCE,
            issuer=app.issuer,
            leeway=CLOCK_SECONDS,
            options={"require": list(REQUIRED)},
        )
    except jwt.ExpiredSignatureError as error:
        raise GithubTokenInvalid("The token has expired; ask for a new one in the job.") from error
    except jwt.InvalidAudienceError as error:
        raise GithubTokenInvalid(f"The token must be requested for the audience {AUDIENCE}.") from error
    except jwt.InvalidIssuerError as error:
        raise GithubTokenInvalid(f"The token must come from {app.issuer}.") from error
    except jwt.PyJWTError as error:
        raise GithubTokenInvalid from error
    return _job(claims)


def _job(claims: dict[str, Any]) -> Job:
    try:
        job = msgspec.convert(claims, Job, strict=False)
    except msgspec.ValidationError as error:
        raise GithubTokenInvalid("The token is not one of a GitHub Actions job.") from error
    if not 0 < len(job.jti) <= JTI_CHARACTERS:
        raise GithubTokenInvalid("The token has no usable jti.")
    return job
