"""A stand-in for GitHub on loopback, by its Enterprise addresses: signed tokens of jobs, installations, people.

It knows one owner `acme` (id 100) with the repositories of `repositories`, people in `people`, and who may write.
"""

import base64
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "opencode-github-action"
ACME = 100
REPOSITORIES = {"acme/rocket": 7001, "acme/secret": 7002}
PEOPLE = {"alice": 1, "mallory": 66, "helper[bot]": 5}


class SigningKey:
    def __init__(self, name: str) -> None:
        self.name = name
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @property
    def pem(self) -> str:
        form = serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def published(self) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.name,
            "n": _int(numbers.n),
            "e": _int(numbers.e),
        }


class GithubStandIn(http.server.ThreadingHTTPServer):
    """`calls` are (method, path); `given` what installation tokens were asked for; switches change what it answers."""

    daemon_threads = True

    def __init__(self, app_key: SigningKey, signer: SigningKey) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.app_key = app_key
        self.signers = [signer]
        self.calls: list[tuple[str, str]] = []
        self.given: list[dict[str, Any]] = []
        self.revoked = 0
        self.is_down = False
        self.installed = {"acme/rocket"}
        self.account_id = ACME
        self.writers = {"alice"}
        self.admins = {"alice"}
        self.signed_in = "alice"
        self.widens = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def issuer(self) -> str:
        return f"{self.url}/_services/token"

    def job_token(self, signer: SigningKey | None = None, algorithm: str = "RS256", **changed: Any) -> str:
        """What a job of acme/rocket, started by alice's comment, gets from GitHub Actions; None leaves a claim out."""
        signer = signer or self.signers[0]
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": "repo:acme/rocket:ref:refs/heads/main",
            "jti": f"jti-{time.monotonic_ns()}",
            "iat": now,
            "nbf": now - 10,
            "exp": now + 300,
            "repository": "acme/rocket",
            "repository_id": "7001",
            "repository_owner": "acme",
            "repository_owner_id": str(ACME),
            "actor": "alice",
            "actor_id": "1",
            "event_name": "issue_comment",
            "job_workflow_ref": "acme/rocket/.github/workflows/opencode.yml@refs/heads/main",
            "run_id": "31",
        } | changed
        left = {name: value for name, value in claims.items() if value is not None}
        key = None if algorithm == "none" else signer.pem
        return jwt.encode(left, key, algorithm=algorithm, headers={"kid": signer.name})

    def settings(self, **changed: str) -> dict[str, str]:
        """The console's environment variables for this GitHub."""
        return {
            "OPENCODE_GITHUB_URL": self.url,
            "OPENCODE_GITHUB_APP_ID": "12",
            "OPENCODE_GITHUB_APP_PRIVATE_KEY": self.app_key.pem,
            "OPENCODE_GITHUB_APP_OWNERS": "Acme",
            "OPENCODE_GITHUB_APP_CLIENT_ID": "client",
            "OPENCODE_GITHUB_APP_CLIENT_SECRET": "secret",
        } | changed

    def answer(self, method: str, path: str, query: dict[str, str], bearer: str, body: Any) -> tuple[int, Any]:
        self.calls.append((method, path))
        if self.is_down:
            return 503, {}
        if path == "/_services/token/.well-known/jwks":
            return 200, {"keys": [signer.published() for signer in self.signers]}
        if path == "/actions/token":
            return 200, {"value": self.job_token()}
        if path == "/login/oauth/access_token":
            return 200, {"access_token": f"person-{self.signed_in}"} if query.get("code") == "good" else {
                "error": "bad"
            }
        return self._api(method, path.removeprefix("/api/v3"), bearer, body)

    def _api(self, method: str, path: str, bearer: str, body: Any) -> tuple[int, Any]:
        parts = path.strip("/").split("/")
        if path == "/user":
            return 200, {"id": PEOPLE[self.signed_in], "login": self.signed_in}
        if parts[:3] == ["user", "memberships", "orgs"]:
            role = "admin" if self.signed_in in self.admins else "member"
            return 200, {"state": "active", "role": role, "organization": {"id": ACME, "login": "acme"}}
        if parts[-1] == "permission":
            name = parts[-2].replace("%5B", "[").replace("%5D", "]")
            permission = "write" if name in self.writers else "read"
            return 200, {"permission": permission, "user": {"id": PEOPLE[name], "login": name}}
        if (method, path) == ("DELETE", "/installation/token"):
            self.revoked += 1
            return 204, {}
        return self._as_app(parts, bearer, body)

    def _as_app(self, parts: list[str], bearer: str, body: Any) -> tuple[int, Any]:
        try:
            jwt.decode(bearer, self.app_key.private.public_key(), algorithms=["RS256"], issuer="12")
        except jwt.PyJWTError:
            return 401, {"message": "A JSON web token could not be decoded"}
        if parts[-1] == "installation":
            name = "/".join(parts[1:3])
            account = {"id": self.account_id, "login": "acme"}
            found = {"id": 9, "app_slug": "console", "account": account, "html_url": "x", "suspended_at": None}
            return (200, found) if name in self.installed else (404, {"message": "Not Found"})
        self.given.append(body)
        repositories = [{"id": id_} for id_ in body["repository_ids"]] + ([{"id": 7002}] if self.widens else [])
        return 201, {"token": "ghs_given", "permissions": body["permissions"], "repositories": repositories}


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        github = cast(GithubStandIn, self.server)
        parts = urlsplit(self.path)
        sent = self.rfile.read(int(self.headers.get("content-length", "0")))
        is_json = "json" in self.headers.get("content-type", "")
        query = {
            name: values[0] for name, values in parse_qs(parts.query or ("" if is_json else sent.decode())).items()
        }
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        code, found = github.answer(
            self.command, parts.path, query, bearer, json.loads(sent) if is_json and sent else None
        )
        content = json.dumps(found).encode()
        self.send_response(code)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_DELETE = do_GET  # noqa: N815 - the names are http.server's

    def log_message(self, format: str, *args: object) -> None:
        pass


def _int(number: int) -> str:
    content = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def github(app_key: SigningKey, signer: SigningKey) -> Iterator[GithubStandIn]:
    server = GithubStandIn(app_key, signer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
