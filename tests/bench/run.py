"""Runs the load generator in KIT with this console among its servers.

    python tests/bench/run.py --kit KIT [--servers opencode,socketio-redis] [--scenarios s1seq,s6] [--repeat 3] …

Everything after --kit goes to the generator. What its peers need besides (node packages) is put into .bench once.
"""

import argparse
import os
import runpy
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASE = ROOT / ".bench"
PEERS = ["socket.io@4", "@socket.io/redis-adapter@8", "redis@4", "ws@8"]
SCENARIOS = "s1seq,s1win,s3,s5,s5win,s6,s8"


def main() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--kit", required=True, type=Path)
    own, rest = parser.parse_known_args()
    kit = own.kit.resolve()
    (BASE / "node").mkdir(parents=True, exist_ok=True)
    os.environ["BENCH_BASE"] = str(BASE)
    if not (BASE / "node" / "node_modules" / "socket.io").exists():
        subprocess.check_call(["npm", "install", "--prefix", str(BASE / "node"), "--no-audit", "--no-fund", *PEERS])
    sys.path[:0] = [str(kit), str(ROOT)]
    import adapters

    from tests.bench import probe
    from tests.bench.adapter import ADAPTERS

    probe.main(BASE)
    adapters.ALL.update({adapter.name: adapter for adapter in ADAPTERS})
    defaults = {
        "--servers": "opencode,socketio-redis",
        "--scenarios": SCENARIOS,
        "--out": str(BASE / "results.jsonl"),
        "--work": str(BASE / "work"),
    }
    given = {word.partition("=")[0] for word in rest}
    sys.argv = [str(kit / "bench.py"), *rest]
    for option, value in defaults.items():
        if option not in given:
            sys.argv += [option, value]
    runpy.run_path(str(kit / "bench.py"), run_name="__main__")


if __name__ == "__main__":
    main()
