#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proofs a second through HTTP, one a request and in batches, beside the arithmetic alone.

    bench/load/verification.py --bin-dir build/release/bin [--seconds 10]

The arithmetic is one process a core of `bench_zk`, all at once, so that both sides have every core;
the harness's own share of them is part of what HTTP costs.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "api"))

from harness import zk  # noqa: E402
from harness.programs import Daemon, Programs  # noqa: E402

BATCH = 1000
CORES = len(os.sched_getaffinity(0))


def arithmetic(programs, benchmark, proofs):
    """Proofs a second of a micro benchmark that verifies so many at a time, on every core at once."""
    command = [programs.path("bench_zk"), f"--benchmark_filter=^{benchmark}$",
               "--benchmark_format=json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
               for _ in range(CORES)]
    reports = [json.loads(process.communicate()[0]) for process in running]
    units = {"ns": 1e9, "us": 1e6, "ms": 1e3}
    times = [report["benchmarks"][0] for report in reports]
    return sum(proofs * units[time["time_unit"]] / time["real_time"] for time in times)


def through_http(programs, daemon, target, body, proofs, seconds, work_dir):
    """Proofs a second of POST `target` with `body`, which holds so many."""
    body_file, report = work_dir / "body.json", work_dir / "report.json"
    body_file.write_text(json.dumps(body))
    done = programs.run("vcp-load", "post", "--server", daemon.url, "--token-file",
                        daemon.token_file(), "--target", target, "--body", body_file, "--seconds",
                        str(seconds), "--connections", str(4 * CORES), "--json", report,
                        timeout=seconds + 120)
    assert done.returncode == 0, done
    return proofs * json.loads(report.read_text())["requests"][0]["rate"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin-dir", default="build/release/bin")
    parser.add_argument("--seconds", type=float, default=10)
    arguments = parser.parse_args()
    programs = Programs(arguments.bin_dir)
    statement = zk.product_proof()
    with tempfile.TemporaryDirectory(prefix="vcp-verification-") as directory:
        work_dir = pathlib.Path(directory)
        try:
            daemon = Daemon(programs, work_dir / "vcpd").start()
            circuit = zk.product(daemon.admin)
            one = through_http(programs, daemon, "/api/v1/proofs/verify",
                               {"circuit_id": circuit, **statement}, 1, arguments.seconds, work_dir)
            many = through_http(programs, daemon, "/api/v1/proofs/verify/batch",
                                {"circuit_id": circuit, "proofs": [statement] * BATCH}, BATCH,
                                arguments.seconds, work_dir)
        finally:
            for process in list(programs.started):
                programs.end(process)
    for name, http, benchmark, proofs in (("one a request", one, "verification", 1),
                                          (f"{BATCH} a request", many, f"batch_verification/{BATCH}",
                                           BATCH)):
        alone = arithmetic(programs, benchmark, proofs)
        print(f"{name}: {http:.0f} proofs/s through HTTP, {alone:.0f} alone: {http / alone:.2f}")


if __name__ == "__main__":
    main()
