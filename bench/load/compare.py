#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Our server beside nginx's `return 200`, in turns, in one run: medians and ratios.

    bench/load/compare.py                          # everything, some minutes
    bench/load/compare.py health submit64 --rounds 7 --nice -10

vcpd runs on loopback with one I/O thread and a fresh directory for each measurement; nginx has one
worker. Both are measured by vcp-load; --wrk takes wrk instead where it can. What nginx does with
a request without touching a disk is the yardstick of the machine, and of its mood at the moment.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tests" / "api"))

from harness.programs import Daemon, NodeAgent, Programs  # noqa: E402

BODY = '{"status":"healthy","version":"0.1.0","timestamp":"2026-01-01T00:00:00.000Z"}'

NGINX = """
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /api/v1/health {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemExit("nginx did not start")


@contextlib.contextmanager
def nginx():
    """Runs nginx with a configuration of its own; gives its URL."""
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        config = pathlib.Path(directory) / "nginx.conf"
        config.write_text(NGINX.format(directory=directory, port=port, body=BODY))
        process = subprocess.Popen(["nginx", "-p", directory, "-c", str(config)],
                                   stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


class Bench:
    """What every measurement needs: the programs, the options, and nginx's URL."""

    def __init__(self, options, nginx_url):
        self.options = options
        self.nginx_url = nginx_url
        self.programs = Programs(options.bin_dir)

    def load(self, url, scenario, *args, token_file=None):
        """The `requests` of vcp-load's report."""
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            command = [self.programs.path("vcp-load"), scenario, "--server", url, "--json",
                       report.name, *map(str, args)]
            if token_file:
                command += ["--token-file", str(token_file)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise SystemExit(f"{' '.join(command)}:\n{done.stdout}{done.stderr}")
            return json.load(report)["requests"]

    def wrk(self, url, connections):
        """Requests a second by wrk, which must have seen no errors."""
        command = ["wrk", "-t1", f"-c{connections}", f"-d{self.options.seconds}s",
                   f"{url}/api/v1/health"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if "Non-2xx" in output or "Socket errors" in output:
            raise SystemExit(f"errors from {url}:\n{output}")
        return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))

    def health(self, url, connections=64):
        if self.options.wrk:
            return self.wrk(url, connections)
        return self.load(url, "health", "--seconds", self.options.seconds, "--connections",
                         connections)[0]["rate"]

    @contextlib.contextmanager
    def vcpd(self):
        """A coordinator with one I/O thread and nothing in it."""
        work_dir = pathlib.Path(tempfile.mkdtemp(prefix="vcp-compare-",
                                                 dir=self.options.directory))
        daemon = Daemon(self.programs, work_dir / "vcpd",
                        args=["--io-threads", "1", "--log-level", "warn"])
        try:
            yield daemon.start()
        finally:
            self.programs.end(daemon)
            shutil.rmtree(work_dir)

    @contextlib.contextmanager
    def nodes(self, daemon, count, slots):
        """vcp-node processes that serve the daemon."""
        with contextlib.ExitStack() as running:
            for number in range(count):
                name = f"node-{number}"
                node = NodeAgent(self.programs, daemon.work_dir / name, daemon, node_id=name,
                                 slots=slots, threads=2)
                running.callback(self.programs.end, node)
                node.start()
            yield

    def against(self, daemon, scenario, *args):
        return self.load(daemon.url, scenario, *args, token_file=daemon.token_file())


def health(bench):
    with bench.vcpd() as daemon:
        return bench.health(daemon.url)


def transport(bench):
    """Our HTTP server with nothing behind it: the program http_null, of `ninja http_null`."""
    with subprocess.Popen([bench.programs.path("http_null")], stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            return bench.health(process.stdout.readline().split()[-1])
        finally:
            process.terminate()


def submit(connections):
    def measure(bench):
        with bench.vcpd() as daemon:
            return bench.against(daemon, "submit", "--seconds", bench.options.seconds,
                                 "--connections", connections)[0]["rate"]
    return measure


def batch(bench):
    with bench.vcpd() as daemon:
        return bench.against(daemon, "batch", "--count", 200_000)[0]["rate"]


def end_to_end(nodes, slots):
    def measure(bench):
        with bench.vcpd() as daemon, bench.nodes(daemon, nodes, slots):
            bench.against(daemon, "latency", "--count", 20)  # the module is compiled
            return bench.against(daemon, "e2e", "--count", 10_000)[-1]["rate"]
    return measure


def latency(bench):
    with bench.vcpd() as daemon, bench.nodes(daemon, 1, 256):
        bench.against(daemon, "latency", "--count", 20)
        return bench.against(daemon, "latency", "--count", 500)[0]["latency_us"]["p50"] / 1000


# Not of the normal build, so only where they are named.
EXTRA = {"transport"}

# Name: what is measured, how, its unit, and whether nginx is a yardstick for it.
SUBJECTS = {
    "transport": ("GET /health without a coordinator", transport, "/s", True),
    "health": ("GET /health, 64 connections", health, "/s", True),
    "submit32": ("POST /tasks, durable, 32 connections", submit(32), "/s", True),
    "submit64": ("POST /tasks, durable, 64 connections", submit(64), "/s", True),
    "batch": ("POST /tasks/batch, 200,000 lines", batch, "/s", False),
    "e2e1": ("10,000 tasks end to end, 1 node of 256 slots", end_to_end(1, 256), "/s", False),
    "e2e10": ("10,000 tasks end to end, 10 nodes of 32 slots", end_to_end(10, 32), "/s", False),
    "latency": ("a single task, submission to answer, p50", latency, "ms", False),
}


def measure_all(bench, names):
    """The rounds in turns, so that what disturbs one disturbs its neighbours too."""
    figures = {name: [] for name in names}
    ratios = {name: [] for name in names}
    for number in range(bench.options.rounds):
        for name in names:
            _, measure, unit, has_peer = SUBJECTS[name]
            peer = bench.health(bench.nginx_url) if has_peer else None
            figure = measure(bench)
            figures[name].append(figure)
            beside = ""
            if peer:
                ratios[name].append(figure / peer)
                beside = f"   nginx {peer:10,.0f} /s   ratio {figure / peer:.2f}"
            print(f"round {number + 1}  {name:9} {figure:12,.1f} {unit}{beside}", flush=True)
    return figures, ratios


def print_medians(figures, ratios):
    print("\nmedians (least to greatest):")
    for name, values in figures.items():
        what, _, unit, _ = SUBJECTS[name]
        line = (f"{what:48} {statistics.median(values):12,.1f} {unit}"
                f"  ({min(values):,.1f} to {max(values):,.1f})")
        if ratios[name]:
            line += f"   {statistics.median(ratios[name]):.2f} × nginx"
        print(line)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("subject", nargs="*", help=f"what to measure: {', '.join(SUBJECTS)}; "
                                                   "if none is named, all but transport")
    parser.add_argument("--bin-dir", default="build/release/bin", help="where the programs are")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each measurement of a rate")
    parser.add_argument("--directory", help="where data directories are made, on a real disk")
    parser.add_argument("--nice", type=int, help="run everything at this niceness")
    parser.add_argument("--wrk", action="store_true", help="measure health by wrk")
    options = parser.parse_args()
    for name in options.subject:
        if name not in SUBJECTS:
            parser.error(f"no such subject: {name}")
    return options


def main():
    options = parse_options()
    if options.nice is not None:
        os.setpriority(os.PRIO_PROCESS, 0, options.nice)
    with nginx() as url:
        bench = Bench(options, url)
        names = options.subject or [name for name in SUBJECTS if name not in EXTRA]
        print_medians(*measure_all(bench, names))


if __name__ == "__main__":
    main()
