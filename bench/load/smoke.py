#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A short run of every scenario of vcp-load against a real server: what it counts must be so.

    bench/load/smoke.py --bin-dir build/release/bin

Asserts no time. Exits 0 if all is as it should be.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "api"))

from harness import zk  # noqa: E402
from harness.programs import Daemon, NodeAgent, Programs  # noqa: E402

# In this order on one server: scenario, arguments, and what is counted of each kind of request.
# Those that need a node come last but for the registrations, whose nodes run nothing.
RUNS = [
    ("health", ["--count", "300"], {"health": 300}),
    ("health", ["--count", "50", "--rate", "1000"], {"health": 50}),
    ("post", ["--count", "20", "--target", "/api/v1/proofs/verify", "--body", "proof.json"],
     {"post": 20}),
    ("submit", ["--count", "200", "--connections", "16"], {"submit": 200}),
    ("steady", ["--rate", "200", "--seconds", "0.5"], {"submit": 100}),
    ("batch", ["--count", "1000", "--connections", "3"], {"batch": 1000}),
    ("latency", ["--count", "5"], {"latency": 5}),
    ("e2e", ["--count", "300"], {"submit": 300, "end to end": 300}),
    ("register", ["--count", "300", "--connections", "16"], {"register": 300}),
    ("mixed", ["--count", "200", "--connections", "8"], {"register": 200, "submit": 20}),
]


def vcp_load(programs, *args, cwd=None):
    done = programs.run("vcp-load", *args, timeout=120, cwd=cwd)
    print(done.stdout.decode() + done.stderr.decode(), end="", flush=True)
    return done


def check_run(programs, daemon, work_dir, scenario, args, counts):
    report, picture = work_dir / "report.json", work_dir / "picture.svg"
    done = vcp_load(programs, scenario, "--server", daemon.url, "--token-file",
                    daemon.token_file(), "--json", report, "--svg", picture, *args, cwd=work_dir)
    assert done.returncode == 0, f"exit {done.returncode}"
    requests = json.loads(report.read_text())["requests"]
    assert {kind["name"]: kind["count"] for kind in requests} == counts, requests
    for kind in requests:
        answered = sum(interval["answered"] for interval in kind["intervals"])
        assert answered == kind["count"], "the intervals do not add up"
    assert picture.read_text().startswith("<svg "), "no picture"


def check_totals(daemon):
    """What the server has is what was counted."""
    stats = daemon.admin.get("cluster/stats").json()
    tasks = sum(counts.get(name, 0) for _, _, counts in RUNS
                for name in ("submit", "batch", "latency"))
    nodes = 1 + sum(counts.get("register", 0) for _, _, counts in RUNS)
    assert stats["total_tasks"] == tasks, stats
    assert stats["total_nodes"] == nodes, stats


def check_failures_are_told(programs, daemon, work_dir):
    """Refused requests are counted by status, and the exit code says that there were some."""
    report = work_dir / "refused.json"
    done = vcp_load(programs, "register", "--server", daemon.url, "--count", "20", "--json", report)
    assert done.returncode == 1, f"exit {done.returncode}"
    kind, = json.loads(report.read_text())["requests"]
    assert kind["failures"] == {"status 401": 20}, kind["failures"]
    assert vcp_load(programs, "health", "--server", "http://127.0.0.1:1").returncode == 1
    assert vcp_load(programs, "nothing").returncode == 2


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", default="build/release/bin")
    programs = Programs(parser.parse_args().bin_dir)
    with tempfile.TemporaryDirectory(prefix="vcp-load-") as directory:
        work_dir = pathlib.Path(directory)
        try:
            daemon = Daemon(programs, work_dir / "vcpd").start()
            NodeAgent(programs, work_dir / "node", daemon, slots=32).start()
            proof = {"circuit_id": zk.product(daemon.admin), **zk.product_proof()}
            (work_dir / "proof.json").write_text(json.dumps(proof))
            for run in RUNS:
                check_run(programs, daemon, work_dir, *run)
            check_totals(daemon)
            check_failures_are_told(programs, daemon, work_dir)
        finally:
            for process in list(programs.started):
                programs.end(process)


if __name__ == "__main__":
    main()
