#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proofs a second through HTTP, one a request and in batches, beside the arithmetic alone.

    bench/load/verification.py --bin-dir build/release/bin [--seconds 10]

The arithmetic is one process a core of `bench_zk`, all at once, so that both sides have every core;
the harness's own share of them is part of what HTTP costs. What a proof takes of the processor, by
the server's own account, says the same where others use the machine too.
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
    """Proofs a second of a micro benchmark that verifies so many at a time, on every core at once,
    and the processor's microseconds for each."""
    command = [programs.path("bench_zk"), f"--benchmark_filter=^{benchmark}$",
               "--benchmark_format=json"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
               for _ in range(CORES)]
    times = [json.loads(process.communicate()[0])["benchmarks"][0] for process in running]
    second = {"ns": 1e9, "us": 1e6, "ms": 1e3}[times[0]["time_unit"]]
    rate = sum(proofs * second / time["real_time"] for time in times)
    return rate, sum(time["cpu_time"] for time in times) / CORES / second / proofs * 1e6


def cpu_seconds(daemon):
    """What the server has taken of the processor so far."""
    fields = pathlib.Path(f"/proc/{daemon.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def through_http(programs, daemon, target, body, proofs, seconds, work_dir):
    """The same of POST `target` with `body`, which holds so many."""
    body_file, report = work_dir / "body.json", work_dir / "report.json"
    body_file.write_text(json.dumps(body))
    before = cpu_seconds(daemon)
    done = programs.run("vcp-load", "post", "--server", daemon.url, "--token-file",
                        daemon.token_file(), "--target", target, "--body", body_file, "--seconds",
                        str(seconds), "--connections", str(4 * CORES), "--json", report,
                        timeout=seconds + 120)
    assert done.returncode == 0, done
    requests = json.loads(report.read_text())["requests"][0]
    used = cpu_seconds(daemon) - before
    return proofs * requests["rate"], used / (proofs * requests["count"]) * 1e6


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
        (rate, used), (rate_alone, used_alone) = http, arithmetic(programs, benchmark, proofs)
        print(f"{name}: {rate:.0f} proofs/s through HTTP, {rate_alone:.0f} alone: "
              f"{rate / rate_alone:.2f}; {used:.0f} us of the processor a proof, "
              f"{used_alone:.0f} alone: {used / used_alone:.2f}")


if __name__ == "__main__":
    main()
