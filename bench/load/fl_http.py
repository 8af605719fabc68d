#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One round of federated learning with many clients and a large model, over HTTP.

    VCP_TOKEN=… bench/load/fl_http.py --clients 100 --parameters 10000000 --connections 4

Prints updates a second until the last one was acknowledged, and how long the round then took to
close. Every update is another file of the same size, made in parts while it is sent, so that this
program itself costs little.
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import struct
import time
import urllib.parse

PART = 1 << 20


class Server:
    def __init__(self, url, token):
        parsed = urllib.parse.urlparse(url)
        self.address = (parsed.hostname, parsed.port)
        self.headers = {"Authorization": f"Bearer {token}"}

    def call(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection(*self.address, timeout=600)
        connection.request(method, "/api/v1" + path, body, {**self.headers, **headers})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content[:300]}")
        return content

    def json(self, method, path, body=None):
        text = None if body is None else json.dumps(body).encode()
        return json.loads(self.call(method, path, text, **{"Content-Type": "application/json"}))


def model(parameters, seed):
    """Parts of a safetensors file of one F32 tensor whose values depend on `seed`."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [parameters],
                               "data_offsets": [0, 4 * parameters]}}).encode()
    yield struct.pack("<Q", len(header)) + header
    part = struct.pack("<f", 1 + seed / 1000) * (PART // 4)
    left = 4 * parameters
    while left > 0:
        yield part[:left]
        left -= len(part)


def send(server, method, path, parameters, seed):
    size = sum(len(part) for part in model(parameters, seed))
    server.call(method, path, model(parameters, seed),
                **{"Content-Type": "application/vnd.safetensors", "Content-Length": str(size)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default=os.environ.get("VCP_SERVER", "http://127.0.0.1:8080"))
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--parameters", type=int, default=10_000_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--strategy", default="fedavg")
    options = parser.parse_args()

    server = Server(options.server, os.environ["VCP_TOKEN"])
    job = server.json("POST", "/fl/jobs", {
        "name": "load", "rounds": 1, "strategy": {"name": options.strategy},
        "min_clients": options.clients, "round_timeout_sec": 3600})["job_id"]
    send(server, "PUT", f"/fl/jobs/{job}/model", options.parameters, 0)

    def update(client):
        path = f"/fl/jobs/{job}/rounds/1/updates?client_id=c{client}&num_samples={client + 1}"
        send(server, "POST", path, options.parameters, client)

    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.connections) as pool:
        list(pool.map(update, range(options.clients)))
    sent = time.monotonic()
    while server.json("GET", f"/fl/jobs/{job}")["state"] != "completed":
        time.sleep(0.01)
    closed = time.monotonic()
    server.call("DELETE", f"/fl/jobs/{job}")
    megabytes = options.clients * 4 * options.parameters / 1e6
    print(f"{options.clients} updates of {4 * options.parameters / 1e6:.0f} MB in "
          f"{sent - begin:.1f} s: {options.clients / (sent - begin):.1f} a second, "
          f"{megabytes / (sent - begin):.0f} MB/s; closed {closed - sent:.2f} s later")


if __name__ == "__main__":
    main()
