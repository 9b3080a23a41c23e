"""The real opencode agent, headless, in a home of its own; it reaches nothing but loopback."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.processes import children_of, free_port, kill_all, wait_until
from tests.support.requirements import require
from tests.support.server import ROOT

START_SECONDS = 40
RUN_SECONDS = 90
BRIDGE = ROOT / "steering/plugin/bridge.js"
CODE_LINK = re.compile(r"https?://[\w.:-]+/device\?user_code=[A-Z-]+")
LINK = re.compile(r"https?://[\w.:-]+/(?:share|s)/[A-Za-z0-9_-]+")


def agent_binary() -> Path:
    """From OPENCODE_AGENT_BIN or where `tests/agent/install.sh` puts it; a skip, or a failure where required."""
    path = Path(os.environ.get("OPENCODE_AGENT_BIN") or ROOT / "build/agent/package/bin/opencode")
    return require(
        "agent", path if os.access(path, os.X_OK) else None, f"no agent at {path}; tests/agent/install.sh fetches it"
    )


class Agent:
    """One person's machine: a home with a config, a project folder, the agent's own server to attach runs to."""

    def __init__(
        self,
        binary: Path,
        folder: Path,
        share_to: str,
        model_url: str,
        *,
        permission: str = "allow",
        bridge_mode: str = "",
    ) -> None:
        self._binary = binary
        self._home = folder / "home"
        self.project = folder / "project"
        self._log = folder / "agent.log"
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        config = self._home / ".config" / "opencode" / "opencode.json"
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps(_config(share_to, model_url, permission)))
        if bridge_mode:
            self._install_bridge(config.parent)
            self.set_bridge_mode(bridge_mode)
        self.project.mkdir()
        self._git("init", "-q", ".")
        self._git(
            "-c", "user.email=dev@example.com", "-c", "user.name=dev", "commit", "-q", "--allow-empty", "-m", "start"
        )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @contextmanager
    def serving(self) -> Iterator["Agent"]:
        """Keep the agent's server up, so that the last second of a run is synced before everything ends."""
        command = [str(self._binary), "serve", "--port", str(self._port), "--print-logs"]
        with self._log.open("ab") as log:
            process = self._process = subprocess.Popen(
                command, cwd=self.project, env=self._environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        try:
            wait_until(self._is_up, "the agent's own server is up", START_SECONDS)
            yield self
        finally:
            kill_all([process.pid, *children_of(process.pid)])
            process.wait()

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One call of the agent's own server; what it answered."""
        address = f"http://127.0.0.1:{self._port}{path}"
        answer = httpx.request(method, address, json=body, timeout=RUN_SECONDS, trust_env=False)
        assert answer.is_success, (path, answer.status_code, answer.text[-2000:])
        return answer.json() if answer.content else None

    def prompt(self, text: str, session: str = "") -> str:
        """Give it something to do, and return the session's id at once; a session of the API is shared here."""
        if not session:
            session = self.call("POST", "/session", {})["id"]
            self.call("POST", f"/session/{session}/share", {})
        self.call("POST", f"/session/{session}/prompt_async", {"parts": [{"type": "text", "text": text}]})
        return session

    def kill9(self) -> None:
        """SIGKILL to its server and all that it started."""
        assert self._process is not None
        kill_all([self._process.pid, *children_of(self._process.pid)])

    def run(self, prompt: str, *options: str) -> str:
        """`opencode run`, attached; everything it printed."""
        address = f"http://127.0.0.1:{self._port}"
        return self.command("run", "--attach", address, "--dir", str(self.project), *options, prompt)

    def command(self, *arguments: str) -> str:
        code, output = self.attempt(*arguments)
        assert code == 0, f"{arguments} gave {code}\n{output[-4000:]}"
        return output

    def attempt(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """The exit code and everything that was printed."""
        done = subprocess.run(
            [str(self._binary), *arguments],
            cwd=self.project,
            env=self._environment() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    @contextmanager
    def logging_in(self, server: str) -> Iterator["Login"]:
        """`opencode console login`, waiting for its person."""
        output = self._log.with_name("login.log")
        with output.open("wb") as log:
            process = subprocess.Popen(
                [str(self._binary), "console", "login", server],
                cwd=self.project,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield Login(process, output)
        finally:
            kill_all([process.pid, *children_of(process.pid)])
            process.wait()

    def set_bridge_mode(self, mode: str) -> None:
        """What its person allows on this machine."""
        (self._home / ".config/opencode/console-bridge.json").write_text(json.dumps({"mode": mode}))

    def _install_bridge(self, config: Path) -> None:
        """As a file, which needs no package registry; that the tarball holds this file is tested apart."""
        (config / ".npmrc").write_text("fetch-retries=0\nregistry=http://127.0.0.1:9\n")
        (config / "plugin").mkdir()
        (config / "plugin" / "bridge.js").write_bytes(BRIDGE.read_bytes())

    def _is_up(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}/global/health", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def _git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.project, env=self._environment(), check=True)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._home),
            "TERM": "dumb",
            "LANG": "C.UTF-8",
            "OPENCODE_DISABLE_MODELS_FETCH": "1",
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
        }


class Login:
    """A login under way; what it printed is in a file."""

    def __init__(self, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self._process = process
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text(errors="replace")

    def link(self) -> str:
        """Where it sends its person."""
        return wait_until(lambda: CODE_LINK.search(self.said), "the agent shows its link", START_SECONDS)[0]

    def end(self) -> int:
        return self._process.wait(RUN_SECONDS)


def links_in(output: str) -> list[str]:
    """The share links an agent printed, each once, in order."""
    return list(dict.fromkeys(LINK.findall(output)))


def _config(share_to: str, model_url: str, permission: str) -> dict[str, object]:
    model = {
        "name": "Scripted",
        "tool_call": True,
        "limit": {"context": 64000, "output": 4096},
        "cost": {"input": 1, "output": 2},
    }
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "Tests",
        "options": {"baseURL": model_url, "apiKey": "none"},
        "models": {"scripted": model},
    }
    return {
        "share": "auto",
        "autoupdate": False,
        "enterprise": {"url": share_to},
        "model": "tests/scripted",
        "small_model": "tests/scripted",
        "provider": {"tests": provider},
        "permission": {"bash": permission, "edit": permission},
    }
