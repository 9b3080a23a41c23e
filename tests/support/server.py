"""A real console in processes of its own: free port, own data directory, nothing else inherited from the environment.

Under DATABASE_URL it runs on the server stack, with a database, a Redis number and a bucket of its own.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.processes import children_of, free_port, kill_all, wait_until
from tests.support.serverstack import ServerStack

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STOP_SECONDS = 20


class ServerFailed(AssertionError):
    """The server did not start; the message ends with what it wrote."""


class ConsoleServer:
    """`manage.py serve` as a context manager. `with_worker` adds the Celery worker, `environment` more variables.

    With `stack` another console's database, Redis and bucket are used; `processes` are web processes on the one port;
    `open_files` are the soft and the hard limit it begins with.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        with_worker: bool = False,
        environment: Mapping[str, str] | None = None,
        stack: ServerStack | None = None,
        processes: int = 1,
        open_files: tuple[int, int] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sockets_url = f"ws://127.0.0.1:{self.port}"
        self.log_path = data_dir / "server.log"
        self._arguments = ["serve", f"--processes={processes}", *([] if with_worker else ["--no-worker"])]
        self._limits = [] if open_files is None else ["prlimit", "--nofile={}:{}".format(*open_files)]
        self._environment = dict(environment or {})
        self._process: subprocess.Popen[bytes] | None = None
        data_dir.mkdir(parents=True, exist_ok=True)
        self.stack = stack or ServerStack.of(data_dir)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None, "the server is not running"
        return self._process.pid

    @property
    def log(self) -> str:
        """Everything written since the first start."""
        return self.log_path.read_text(errors="replace")

    def start(self) -> None:
        """Start and wait until it is ready; ServerFailed shows the end of its log when it is not."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._limits, sys.executable, "manage.py", *self._arguments],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(self._is_ready, "the server answers /readyz", START_SECONDS)
        except AssertionError as error:
            self.kill9()
            raise ServerFailed(f"{error}\n{self.log[-4000:]}") from error

    def running(self) -> Self:
        """Started again if a test has left it killed."""
        if self._process is None:
            self.start()
        return self

    def stop(self) -> None:
        """End it as Ctrl-C does; what does not end in time is killed and counts as a failure."""
        process, self._process = self._process, None
        if process is None:
            return
        family = children_of(process.pid)
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            kill_all([process.pid, *family])
            process.wait()
            raise ServerFailed(f"did not end within {STOP_SECONDS} s\n{self.log[-4000:]}") from error

    def kill9(self) -> None:
        """SIGKILL to the server and everything it started: a power cut, but for the disk's cache."""
        process, self._process = self._process, None
        if process is None:
            return
        kill_all([process.pid, *children_of(process.pid)])
        process.wait()

    def begin_with(self, **environment: str) -> None:
        """Start with other variables than before."""
        self._environment |= environment
        self.start()

    def restart(self) -> None:
        """Start again on the same port and data, after `stop` or `kill9`, or after stopping it now."""
        self.stop()
        self.start()

    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.data_dir),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "opencode.settings.embedded",
            "OPENCODE_DATA_DIR": str(self.data_dir),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **(self.stack.environment(self.url) if self.stack else {}),
            **self._environment,
        }

    def manage(self, *arguments: str, seconds: float = 60) -> str:
        """The output of `manage.py <arguments>` beside the running server."""
        return self._run([sys.executable, "manage.py", *arguments], seconds)

    def ask(self, module: str, *arguments: str) -> Any:
        """Run a module of tests.support beside the server, with Django set up, and take the JSON it prints last."""
        return json.loads(self._run([sys.executable, "-m", module, *arguments], 60).splitlines()[-1])

    def _run(self, command: list[str], seconds: float) -> str:
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, timeout=seconds, check=False
        )
        assert done.returncode == 0, (
            f"{command[1:]} gave {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        )
        return done.stdout

    def _is_ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise ServerFailed(f"ended with {self._process.returncode}")
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, trust_env=False).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False
