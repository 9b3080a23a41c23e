"""Model calls through a console on one core: calls a second, what they are delayed by, CPU of each, memory.

`python -m tests.bench.modelcalls --kit FOLDER [--seconds 5]` prints one JSON line for each scenario; FOLDER has `up.c`,
a provider that answers at once, `lg.c`, a closed loop of clients, and their bodies. The console runs on core 0, with
reservations and settlements on the embedded stack (or, below `opencode.devtools.withservers`, on MariaDB), every commit
synced to disk; both programs run on core 1.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import psutil

from tests.support.processes import free_port
from tests.support.server import ConsoleServer

CONNECTIONS: Final = 16
EVENTS: Final = 100
PATTERN: Final = re.compile(
    r"rps (?P<calls>\d+) total p50 (?P<p50>[\d.]+) p90 [\d.]+ p99 (?P<p99>[\d.]+)"
    r".*events/s (?P<events>\d+) errs (?P<errors>\d+)"
)
PATHS: Final = {
    "small": "chat/completions",
    "big": "chat/completions",
    "small_s": "chat/completions",
    "ant_s": "messages",
}
ENVIRONMENT: Final = {
    "DJANGO_SETTINGS_MODULE": "tests.bench.gateway_settings",
    "OPENCODE_OUTBOUND_PRIVATE": "true",
    "OPENCODE_LOG_LEVEL": "WARNING",
}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--kit", type=Path, required=True)
    options.add_argument("--seconds", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="modelcalls-") as name:
        folder = Path(name)
        kit = built(asked.kit, folder)
        port = free_port()
        provider = subprocess.Popen(["taskset", "-c", "1", str(kit / "up"), str(port), str(EVENTS), "0"])
        try:
            with ConsoleServer(folder / "console", environment=ENVIRONMENT) as server:
                made = server.ask("tests.faults.modelcalls", "prepare", f"http://127.0.0.1:{port}/v1", "0")
                pin(server.pid)
                for body, path in PATHS.items():
                    measure(kit, server, made, port, body, path, asked.seconds)
        finally:
            provider.kill()
            provider.wait()


def built(kit: Path, folder: Path) -> Path:
    """Both programs, and the bodies with the model that is tested."""
    made = folder / "kit"
    made.mkdir()
    for name in ("up", "lg"):
        subprocess.run(["gcc", "-O2", "-o", str(made / name), str(kit / f"{name}.c")], check=True)
    for body in PATHS:
        fields = json.loads((kit / f"{body}.json").read_text())
        (made / f"{body}.json").write_text(
            json.dumps(fields | {"model": "tested", "max_tokens": 1_000}, separators=(",", ":"))
        )
    return made


def pin(pid: int) -> None:
    for process in family(pid):
        for thread in process.threads():
            subprocess.run(["taskset", "-pc", "0", str(thread.id)], check=True, stdout=subprocess.DEVNULL)


def family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def measure(kit: Path, server: ConsoleServer, made: Any, port: int, body: str, path: str, seconds: int) -> None:
    """Straight to the provider and through the console: with one connection for what is added, with 16 for the rate."""
    key = f"authorization: Bearer {made['key']}"
    through = (server.port, f"/gw/{made['workspace']}/v1/{path}", key)
    straight = (port, f"/v1/{path}", "x: y")
    alone = {name: load(kit, to, body, 1, seconds) for name, to in (("straight", straight), ("through", through))}
    before, began = cpu(server.pid), time.monotonic()
    crowd = load(kit, through, body, CONNECTIONS, seconds)
    used, took = cpu(server.pid) - before, time.monotonic() - began
    rss = sum(process.memory_info().rss for process in family(server.pid))
    found = {
        "scenario": body,
        "calls_s": crowd["calls"],
        "added_p50_ms": round(alone["through"]["p50"] - alone["straight"]["p50"], 2),
        "added_p99_ms": round(alone["through"]["p99"] - alone["straight"]["p99"], 2),
        "crowd_p50_ms": crowd["p50"],
        "crowd_p99_ms": crowd["p99"],
        "events_s": crowd["events"],
        "cpu_us": round(used * 1e6 / max(1, crowd["calls"] * took)),
        "cpu_percent": round(100 * used / took),
        "rss_mb": round(rss / 2**20),
        "errors": crowd["errors"] + alone["through"]["errors"],
    }
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def cpu(pid: int) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in family(pid))


def load(kit: Path, to: tuple[int, str, str], body: str, connections: int, seconds: int) -> dict[str, float]:
    port, path, header = to
    command = ["taskset", "-c", "1", str(kit / "lg"), str(port), path, str(connections), str(seconds)]
    done = subprocess.run([*command, str(kit / f"{body}.json"), header], capture_output=True, text=True, check=True)
    found = PATTERN.search(done.stdout)
    assert found is not None, done.stdout
    return {name: float(value) for name, value in found.groupdict().items()}


if __name__ == "__main__":
    if shutil.which("gcc") is None:
        sys.exit("gcc is missing")
    main()
