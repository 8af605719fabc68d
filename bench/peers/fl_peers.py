#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One round's aggregation by us, by numpy and by Flower's functions, in one run.

    pip install numpy safetensors flwr
    bench/peers/fl_peers.py build/release/bin/fl_round [--parameters N] [--clients N]

Each contestant is a process of its own that starts from the clients' files in /dev/shm and ends with
the new model in a file there. Time is that of reading, aggregating and writing, without the start of
the interpreter; memory is the process's peak over what it had before it began.
"""
import argparse
import importlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np
from safetensors.numpy import load_file, save_file

TENSORS = 4
REPETITIONS = 3  # the fastest counts: other programs disturb all but one


def numpy_mean(models):
    stacked = {name: np.stack([model[name] for model in models]) for name in models[0]}
    return {name: values.mean(axis=0, dtype=np.float64).astype(np.float32)
            for name, values in stacked.items()}


def flower(function, *arguments):
    module = importlib.import_module("flwr.server.strategy.aggregate")

    def aggregate(models):
        names = list(models[0])
        results = [([model[name] for name in names], 1) for model in models]
        return dict(zip(names, getattr(module, function)(results, *arguments)))
    return aggregate


PEERS = {
    "numpy mean": ("fedavg", lambda: numpy_mean),
    "flower aggregate": ("fedavg", lambda: flower("aggregate")),
    "flower aggregate_median": ("median", lambda: flower("aggregate_median")),
    "flower aggregate_trimmed_avg": ("trimmed_mean", lambda: flower("aggregate_trimmed_avg", 0.1)),
    "flower aggregate_krum": ("krum", lambda: flower("aggregate_krum", 0, 0)),
}


def status_megabytes(field):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024 / 1e6
    raise KeyError(field)


def child(name, out, files):
    """Runs a peer in this process and prints its seconds and its peak memory."""
    aggregate = PEERS[name][1]()
    before = status_megabytes("VmRSS")
    pathlib.Path("/proc/self/clear_refs").write_text("5")
    start = time.perf_counter()
    models = [load_file(file) for file in files]
    result = {key: np.asarray(value, dtype=np.float32) for key, value in aggregate(models).items()}
    save_file(result, out)
    with open(out, "rb") as file:
        os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    print(json.dumps([seconds, status_megabytes("VmHWM") - before]))


def run_peer(name, out, files):
    command = [sys.executable, __file__, "--child", name, str(out), *map(str, files)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def run_ours(program, strategy, model, out, files):
    command = ["/usr/bin/env", "time", "-f", "%M", program, strategy, "2", model, out, *files]
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True,
                          text=True)
    return [float(done.stdout), int(done.stderr) * 1024 / 1e6]


def fastest(run, *arguments):
    return min(run(*arguments) for _ in range(REPETITIONS))


def difference(a, b):
    ours, theirs = load_file(a), load_file(b)
    return max(float(np.max(np.abs(ours[name] - theirs[name]))) for name in ours)


def write_cohort(directory, parameters, clients):
    random = np.random.default_rng(1)
    files = []
    for client in range(clients):
        shape = (parameters // TENSORS,)
        model = {f"layer{i}": random.standard_normal(shape, dtype=np.float32)
                 for i in range(TENSORS)}
        files.append(directory / f"client-{client}")
        save_file(model, files[-1])
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--parameters", type=int, default=10_000_000)
    parser.add_argument("--clients", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        directory = pathlib.Path(name)
        files = write_cohort(directory, options.parameters, options.clients)
        print(f"{options.clients} clients, {options.parameters} float32: "
              f"a model is {options.parameters * 4 / 1e6:.0f} MB")
        for peer, (strategy, _) in PEERS.items():
            theirs = fastest(run_peer, peer, directory / "theirs", files)
            ours = fastest(run_ours, options.program, strategy, files[0], directory / "ours", files)
            print(f"{peer:30} {theirs[0]:8.3f} s {theirs[1]:8.0f} MB | {strategy:13} "
                  f"{ours[0]:8.3f} s {ours[1]:6.0f} MB | {theirs[0] / ours[0]:6.1f} times the time, "
                  f"{theirs[1] / ours[1]:6.1f} times the memory, "
                  f"largest difference {difference(directory / 'ours', directory / 'theirs'):.1e}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], sys.argv[4:])
    else:
        main()
