#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients with different handwriting learn scikit-learn's digits together.

    apt install python3-numpy python3-sklearn
    export VCP_TOKEN=$(cat DATA_DIR/admin.token)
    examples/fl/digits.py --server http://127.0.0.1:8080 --rounds 20
    examples/fl/digits.py --strategy fedadam --epsilon 8

Each client sees mostly a few of the ten digits, trains in a thread of its own with a token that is
good for this job and this client only, and sends nothing but its model. Prints the accuracy of each
round's global model on digits that no client has.
"""
import argparse
import json
import os
import struct
import sys
import threading
import time
import urllib.error
import urllib.request

import numpy as np
from sklearn.datasets import load_digits

HIDDEN, CLASSES = 32, 10
SAFETENSORS = "application/vnd.safetensors"


class Server:
    """The coordinator's REST interface, as far as it is needed here."""

    def __init__(self, url, token):
        self.url, self.token = url.rstrip("/") + "/api/v1", token

    def call(self, method, path, body=None, content_type="application/json"):
        if content_type == "application/json" and body is not None:
            body = json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return answer.read(), answer.headers

    def json(self, method, path, body=None):
        return json.loads(self.call(method, path, body)[0])


# The file format, for float32 alone; the `safetensors` package does the same and more.

def save(model, metadata=None):
    header, data = {"__metadata__": metadata or {}}, b""
    for name, values in sorted(model.items()):
        header[name] = {"dtype": "F32", "shape": list(values.shape),
                        "data_offsets": [len(data), len(data) + values.nbytes]}
        data += values.astype("<f4").tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def load(content):
    size, = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + size])
    header.pop("__metadata__", None)
    return {name: np.frombuffer(content[8 + size:][slice(*entry["data_offsets"])], "<f4")
            .reshape(entry["shape"]).copy() for name, entry in header.items()}


# The model: 64 pixels, a hidden layer, ten classes; cross-entropy, plain stochastic gradient descent.

def new_model(random):
    return {"hidden.weight": random.normal(0, 0.1, (64, HIDDEN)).astype(np.float32),
            "hidden.bias": np.zeros(HIDDEN, np.float32),
            "out.weight": random.normal(0, 0.1, (HIDDEN, CLASSES)).astype(np.float32),
            "out.bias": np.zeros(CLASSES, np.float32)}


def forward(model, pixels):
    hidden = np.maximum(pixels @ model["hidden.weight"] + model["hidden.bias"], 0)
    scores = hidden @ model["out.weight"] + model["out.bias"]
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, scores / scores.sum(axis=1, keepdims=True)


def gradient(model, pixels, labels):
    hidden, probabilities = forward(model, pixels)
    error = (probabilities - np.eye(CLASSES)[labels]) / len(labels)
    back = (error @ model["out.weight"].T) * (hidden > 0)
    return {"hidden.weight": pixels.T @ back, "hidden.bias": back.sum(axis=0),
            "out.weight": hidden.T @ error, "out.bias": error.sum(axis=0)}


def train(model, pixels, labels, random, mu, epochs=5, rate=0.1, batch=16):
    """Local training; `mu` is FedProx's pull towards the global model."""
    start = {name: values.copy() for name, values in model.items()}
    for _ in range(epochs):
        for rows in np.array_split(random.permutation(len(labels)), max(1, len(labels) // batch)):
            for name, slope in gradient(model, pixels[rows], labels[rows]).items():
                step = rate * (slope + mu * (model[name] - start[name]))
                model[name] = (model[name] - step).astype(np.float32)
    return model


def accuracy(model, pixels, labels):
    return float((forward(model, pixels)[1].argmax(axis=1) == labels).mean())


def split(labels, clients, random, skew=0.5):
    """Rows for each client: every digit is dealt out by a Dirichlet distribution of its own."""
    rows = [[] for _ in range(clients)]
    for digit in range(CLASSES):
        of_digit = random.permutation(np.flatnonzero(labels == digit))
        shares = np.cumsum(random.dirichlet([skew] * clients))[:-1]
        for client, part in enumerate(np.split(of_digit, (shares * len(of_digit)).astype(int))):
            rows[client].extend(part)
    return [part for part in rows if part]


def run_client(server, job, client, pixels, labels):
    """Trains once in each round until the job is done."""
    random = np.random.default_rng(client)
    sent = 0
    while (status := server.json("GET", f"/fl/jobs/{job}"))["state"] == "running":
        if status["round"] == sent:
            time.sleep(0.1)
            continue
        body, headers = server.call("GET", f"/fl/jobs/{job}/model")
        model, sent = load(body), int(headers["X-FL-Round"])
        metrics = {"accuracy": repr(accuracy(model, pixels, labels))}
        mu = server.json("GET", f"/fl/jobs/{job}/rounds/{sent}").get("mu") or 0
        update = save(train(model, pixels, labels, random, mu), metrics)
        path = f"/fl/jobs/{job}/rounds/{sent}/updates?client_id={client}&num_samples={len(labels)}"
        try:
            server.call("POST", path, update, SAFETENSORS)
        except urllib.error.HTTPError as refused:
            if refused.code != 409:  # the round closed without us: on to the next
                raise


def start_job(server, options, clients, random):
    wish = {"name": "digits", "rounds": options.rounds, "strategy": {"name": options.strategy},
            "min_clients": clients, "round_timeout_sec": 60}
    if options.epsilon:
        wish["privacy"] = {"mechanism": "gaussian", "clip": options.clip,
                           "epsilon": options.epsilon, "delta": 1e-5}
    job = server.json("POST", "/fl/jobs", wish)["job_id"]
    server.call("PUT", f"/fl/jobs/{job}/model", save(new_model(random)), SAFETENSORS)
    return job


def client_token(server, job, client):
    wish = {"role": "fl_client", "fl": {"job_id": job, "client_id": str(client)}}
    return server.json("POST", "/tokens", wish)["token"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", default=os.environ.get("VCP_SERVER", "http://127.0.0.1:8080"))
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--strategy", default="fedavg")
    parser.add_argument("--epsilon", type=float, help="makes the job private, with delta 1e-5")
    parser.add_argument("--clip", type=float, default=1.0)
    options = parser.parse_args()

    random = np.random.default_rng(0)
    digits = load_digits()
    order = random.permutation(len(digits.target))
    pixels, labels = digits.data[order] / 16, digits.target[order]
    test = slice(0, 360)
    rest_pixels, rest_labels = pixels[360:], labels[360:]

    server = Server(options.server, os.environ["VCP_TOKEN"])
    parts = split(rest_labels, options.clients, random)
    job = start_job(server, options, len(parts), random)
    print(f"job {job}", flush=True)
    threads = []
    for client, rows in enumerate(parts):
        own = Server(options.server, client_token(server, job, client))
        arguments = (own, job, client, rest_pixels[rows], rest_labels[rows])
        threads.append(threading.Thread(target=run_client, args=arguments))
        threads[-1].start()
    for thread in threads:
        thread.join()

    done = server.json("GET", f"/fl/jobs/{job}")
    for number in range(1, done["round"] + 1):
        model = load(server.call("GET", f"/fl/jobs/{job}/model?round={number}")[0])
        print(f"after {number - 1:3} rounds: {accuracy(model, pixels[test], labels[test]):.1%}")
    if done["epsilon_spent"] is not None:
        print(f"epsilon spent: {done['epsilon_spent']:.3f}")
    if done["reason"]:
        sys.exit(f"the job is {done['state']}: {done['reason']}")


if __name__ == "__main__":
    main()
