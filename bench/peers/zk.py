#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sets our BN254 beside gnark-crypto's, measured in turns on one thread, and prints the ratios.

  bench/peers/zk.py BUILD/bin/bench_zk [--rounds N]

needs Go 1.23 or later and, once, the Go module proxy. A ratio below 1 means that ours is faster.
The medians of all rounds are compared, so that a passing load on the machine falls on both.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


def ours(program):
    """Gives the CPU time of each benchmark in nanoseconds."""
    output = subprocess.run(
        [program, "--benchmark_format=json", "--benchmark_filter=-batch|key_prep"],
        check=True, capture_output=True, text=True).stdout
    scale = {"ns": 1, "us": 1e3, "ms": 1e6}
    return {b["name"]: b["cpu_time"] * scale[b["time_unit"]]
            for b in json.loads(output)["benchmarks"]}


def gnark():
    """Gives the same from the program in gnark/, which Go builds and caches."""
    output = subprocess.run(["go", "run", "."], cwd=HERE / "gnark", check=True,
                            capture_output=True, text=True).stdout
    return {name: float(time) for name, time in (line.split() for line in output.splitlines())}


def medians(rounds):
    return {name: statistics.median(r[name] for r in rounds) for name in rounds[0]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bench_zk")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    mine, theirs = [], []
    for _ in range(arguments.rounds):
        mine.append(ours(arguments.bench_zk))
        theirs.append(gnark())
    mine, theirs = medians(mine), medians(theirs)
    print(f"{'operation':26} {'ours, ns':>12} {'gnark, ns':>12} {'ratio':>7}")
    for name in theirs:
        print(f"{name:26} {mine[name]:12.0f} {theirs[name]:12.0f} {mine[name] / theirs[name]:7.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
