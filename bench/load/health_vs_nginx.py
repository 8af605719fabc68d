#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET of a health route beside nginx's `return 200`, in turns, in one run.

    bench/load/health_vs_nginx.py http://127.0.0.1:8080/api/v1/health

The server should run with one I/O thread; nginx gets one worker. Needs nginx and wrk. Prints the
requests a second of each round, the medians and their ratio.
"""

import argparse
import contextlib
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import time

BODY = '{"status":"healthy","version":"0.1.0","timestamp":"2026-01-01T00:00:00.000Z"}'

CONFIG = """
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
    """Runs nginx with a configuration of its own; gives the URL."""
    with tempfile.TemporaryDirectory() as directory:
        port = free_port()
        config = pathlib.Path(directory) / "nginx.conf"
        config.write_text(CONFIG.format(directory=directory, port=port, body=BODY))
        process = subprocess.Popen(["nginx", "-p", directory, "-c", str(config)],
                                   stderr=subprocess.DEVNULL)
        try:
            wait_for(port)
            yield f"http://127.0.0.1:{port}/api/v1/health"
        finally:
            process.terminate()
            process.wait()


def measure(url, options):
    """Requests a second by wrk, which must have seen no errors."""
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}s", url]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"errors from {url}:\n{output}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", help="the server's health route")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()

    ours, theirs = [], []
    with nginx() as nginx_url:
        for _ in range(options.rounds):
            theirs.append(measure(nginx_url, options))
            ours.append(measure(options.url, options))
            print(f"nginx {theirs[-1]:10.0f}/s   server {ours[-1]:10.0f}/s", flush=True)
    nginx_median, median = statistics.median(theirs), statistics.median(ours)
    print(f"median: nginx {nginx_median:.0f}/s, server {median:.0f}/s, "
          f"ratio {median / nginx_median:.2f}")


if __name__ == "__main__":
    main()
