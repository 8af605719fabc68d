#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sets whole proofs beside those of snarkjs and rapidsnark, in turns, and prints medians and ratios.

  bench/peers/proofs.py BUILD CIRCUIT.zkey WITNESS.wtns [--snarkjs CLI.js] [--rapidsnark PROVER]
                        [--threads N] [--rounds N]

Everything that a command does counts: ours hashes the key and verifies its proof as well. A key of
any circuit is made by BUILD/bin/trapdoor_zkey; see docs/proving.md. A ratio below 1 means that ours
takes less. On a machine with other work, processor time says more than the clock.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def measure(command, environment, directory):
    """Gives seconds on the clock, seconds of processor, and MiB at most."""
    start = time.monotonic()
    process = subprocess.Popen(command, env=environment, cwd=directory, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{command[0]} failed")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("zkey", type=pathlib.Path)
    parser.add_argument("wtns", type=pathlib.Path)
    parser.add_argument("--snarkjs", type=pathlib.Path)
    parser.add_argument("--rapidsnark", type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    files = [arguments.zkey.resolve(), arguments.wtns.resolve()]
    commands = {"ours": [arguments.build.resolve() / "bin" / "vcp", "proofs", "prove", *files,
                         "--threads", str(arguments.threads)]}
    if arguments.snarkjs:
        commands["snarkjs"] = ["node", arguments.snarkjs.resolve(), "groth16", "prove", *files]
    if arguments.rapidsnark:
        commands["rapidsnark"] = [arguments.rapidsnark.resolve(), *files, "proof.json",
                                  "public.json"]
    with tempfile.TemporaryDirectory() as directory:
        environment = {**os.environ, "XDG_CACHE_HOME": directory,
                       "OMP_NUM_THREADS": str(arguments.threads)}
        measure(commands["ours"], environment, directory)  # which notes that the key is good
        rounds = {name: [] for name in commands}
        for _ in range(arguments.rounds):
            for name, command in commands.items():
                rounds[name].append(measure(command, environment, directory))
    print(f"{'prover':12} {'clock, s':>9} {'ratio':>6} {'CPU, s':>9} {'ratio':>6} {'MiB':>6}")
    medians = {name: [statistics.median(column) for column in zip(*runs)]
               for name, runs in rounds.items()}
    for name, (clock, cpu, memory) in medians.items():
        ours = medians["ours"]
        print(f"{name:12} {clock:9.2f} {ours[0] / clock:6.2f} {cpu:9.2f} {ours[1] / cpu:6.2f} "
              f"{memory:6.0f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
