"""Runs the load generator in KIT with this console among its servers, then prints the tables.

    python tests/bench/run.py --kit KIT [--servers opencode,socketio-redis] [--scenarios s1seq,s6] [--repeat 3] …

Without --servers and --scenarios it runs what docs/performance.md has rows for. What the generator's other servers need
(node packages) is put into .bench once; a server whose program is missing is left out, with a word.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / ".bench"
PEERS = ["socket.io@4", "@socket.io/redis-adapter@8", "redis@4", "ws@8"]
NEEDED = {"nats-jetstream": "nats-server", "socketio-redis": "node", "opencode-servers": "mariadbd"}
DESCRIPTORS = 65_536


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kit", required=True, type=Path)
    parser.add_argument("--servers", default="")
    parser.add_argument("--scenarios", default="")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--quiet-wait", type=float, default=60, help="seconds to wait for a quiet machine, at most")
    parser.add_argument("--out", type=Path, default=BASE / "results.jsonl", help="lines are added to it")
    parser.add_argument("--work", default=str(BASE / "work"))
    parser.add_argument("--port", type=int, default=21000)
    parser.add_argument("--timeout", type=float, default=180)
    parser.add_argument("--no-pin", dest="pin", action="store_false")
    parser.add_argument("--srv-cpu", default="0", help="the core of the servers; 0,1 lets them use both")
    parser.add_argument("--gen-cpu", type=int, default=1)
    parser.add_argument("-v", "--verbose", action="store_true")
    return parser.parse_args()


def words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def is_here(server: str) -> bool:
    """Whether the server's program is installed; says so when it is not."""
    needed = next((program for name, program in NEEDED.items() if server.startswith(name)), "sh")
    found = shutil.which(needed, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None
    if not found:
        sys.stderr.write(f"{server} is left out: {needed} is not installed\n")
    return found


def prepare(kit: Path) -> ModuleType:
    """The generator as a module, with our servers and scenarios among its own."""
    (BASE / "node").mkdir(parents=True, exist_ok=True)
    os.environ["BENCH_BASE"] = str(BASE)
    if not (BASE / "node" / "node_modules" / "socket.io").exists() and is_here("socketio-redis"):
        subprocess.check_call(["npm", "install", "--prefix", str(BASE / "node"), "--no-audit", "--no-fund", *PEERS])
    sys.path[:0] = [str(kit), str(ROOT)]
    import adapters
    import bench

    from tests.bench import agents, browsers, growth
    from tests.bench.adapter import ADAPTERS

    adapters.ALL.update({adapter.name: adapter for adapter in ADAPTERS})
    bench.SCEN.update(growth.SCENARIOS | browsers.SCENARIOS | agents.SCENARIOS)
    return bench


async def measure(bench: ModuleType, own: argparse.Namespace) -> None:
    """Every run of the plan once, then again: rounds in turn, so that a busy minute does not hit one server only."""
    from tests.bench import plan

    bench.A = own
    if own.pin:
        os.sched_setaffinity(0, {own.gen_cpu})
    runs = [run for run in plan.runs(words(own.servers), words(own.scenarios)) if is_here(run[0])]
    for number, (server, scenario) in enumerate(runs * own.repeat):
        await bench.one_run(server, scenario, number // len(runs), own.port + number % 400)


def main() -> None:
    own = arguments()
    bench = prepare(own.kit.resolve())
    import uvloop

    from tests.bench import probe, table

    probe.main(BASE)
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, most), most))
    own.out.touch()
    before = len(own.out.read_text().splitlines())
    uvloop.run(measure(bench, own))
    sys.stdout.write("\n" + table.tables(own.out.read_text().splitlines()[before:]))


if __name__ == "__main__":
    main()
