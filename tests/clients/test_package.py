"""`opencode_sync` by itself: installed from its folder where nothing of the console is, it follows a real one."""

import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest
import websockets

from tests.support.processes import wait_until
from tests.support.server import ROOT, ConsoleServer

README = (ROOT / "opencode_sync" / "README.md").read_text()
FOLLOW, RESUME, PUBLISH, ERRORS = re.findall(r"```python\n(.*?)```", README, re.S)
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-input")
URL = "https://console.example/sync/v1/sessions/ses_1"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the folder, outside the checkout; the backend is the one that is installed here."""
    folder = tmp_path_factory.mktemp("package")
    source = shutil.copytree(ROOT / "opencode_sync", folder / "opencode_sync")
    build = ("wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder))
    subprocess.run([*PIP, *build, str(source)], check=True, cwd=folder)
    (built,) = folder.glob("opencode_sync-*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel: Path) -> Path:
    """A fresh environment with the wheel and websockets, nothing else."""
    folder = wheel.parent / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run([*PIP, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "websockets").symlink_to(Path(websockets.__file__).parent)
    return python


@pytest.fixture(scope="module")
def key(shared_server: ConsoleServer) -> str:
    return str(shared_server.ask("tests.support.seed")["key"])


class Place:
    """A session with one entry, and where to run the README's programs that follow it."""

    def __init__(self, python: Path, folder: Path, url: str, key: str) -> None:
        self.session = f"ses_{folder.name}"
        self._python, self._folder = python, folder
        self._url, self._key = f"{url}/sync/v1/sessions/{self.session}", key
        self.push("first", "a title")

    def push(self, operation_id: str, title: str) -> None:
        body = {"id": operation_id, "updates": [{"key": f"session/info/{self.session}", "content": {"title": title}}]}
        headers = {"authorization": f"Bearer {self._key}"}
        httpx.post(f"{self._url}/entries", json=body, headers=headers, trust_env=False).raise_for_status()

    @contextmanager
    def running(self, program: str) -> Iterator["subprocess.Popen[str]"]:
        """Isolated, away from the checkout: it imports what is installed or nothing."""
        for stands, real in ((URL, self._url), ("oc_live_…", self._key), ("ses_1", self.session)):
            program = program.replace(stands, real)
        command = [str(self._python), "-I", "-c", program]
        with subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def output(self, program: str) -> list[str]:
        with self.running(program) as process:
            return process.communicate(timeout=30)[0].splitlines()

    def kept_position(self) -> str:
        return (self._folder / "position.json").read_text()


@pytest.fixture
def place(python: Path, tmp_path: Path, shared_server: ConsoleServer, key: str) -> Place:
    return Place(python, tmp_path, shared_server.url, key)


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return wait_until(process.stdout.readline, "a line of the program").rstrip("\n")


def test_wheel_holds_the_typed_package_and_asks_for_websockets_only(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith("/METADATA"))
        text = archive.read(metadata).decode()
    assert "opencode_sync/py.typed" in names
    modules = {f"opencode_sync/{file.name}" for file in (ROOT / "opencode_sync").glob("*.py")}
    assert {name for name in names if name.endswith(".py")} == modules
    assert re.findall(r"^Requires-Dist: (.*)$", text, re.M) == ["websockets>=15"]


def test_environment_has_nothing_of_the_console(place: Place) -> None:
    names = ("django", "opencode", "sync", "accounts", "opencode_sync", "websockets")
    program = f"from importlib.util import find_spec; print(*(name for name in {names} if find_spec(name)))"
    assert place.output(program) == ["opencode_sync websockets"]


def test_quick_start_follows(place: Place) -> None:
    with place.running(FOLLOW) as program:
        assert line(program) == f"snapshot 1 session/info/{place.session} {{'title': 'a title'}}"
        place.push("second", "another")
        assert line(program) == f"updates 2 session/info/{place.session} {{'title': 'another'}}"


def test_kept_position_is_gone_on_from(place: Place) -> None:
    with place.running(RESUME) as program:
        assert line(program) == "snapshot [1]"
        place.push("second", "another")
        assert line(program) == "updates [2]"
        wait_until(lambda: place.kept_position().endswith(" 2]"), "the position is kept")
    place.push("third", "the last")
    with place.running(RESUME) as program:
        assert line(program) == "updates [3]"


def test_publish_is_acknowledged_and_its_repeat_changes_nothing(place: Place) -> None:
    assert place.output(PUBLISH) == ["on disk as 2 to 3"]
    assert place.output(PUBLISH) == ["on disk as 2 to 3"]


def test_errors_are_those_of_the_readme(place: Place) -> None:
    assert place.output(ERRORS) == ["nothing was changed: key_malformed", "the console will not have us: 4401"]
