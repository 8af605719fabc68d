# SPDX-License-Identifier: Apache-2.0
"""Federated learning jobs, and small models in the safetensors format, made without its library."""

import json
import struct

from .expect import ok
from .wait import eventually

SAFETENSORS = "application/vnd.safetensors"


def model(metadata=None, **tensors):
    """A file of flat F32 tensors: model(w=[1, 2], b=[0])."""
    header = {"__metadata__": metadata} if metadata else {}
    data = b""
    for name, values in sorted(tensors.items()):
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": [len(values)],
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def values(content):
    """The tensors of such a file, by name."""
    size, = struct.unpack_from("<Q", content)
    header = json.loads(content[8:8 + size])
    data = content[8 + size:]
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        tensors[name] = list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end]))
    return tensors


def job_body(**changes):
    return {"name": "test", "rounds": 3, "strategy": {"name": "fedavg"}, "min_clients": 2,
            "round_timeout_sec": 600, **changes}


class Job:
    """A job as its owner sees it."""

    def __init__(self, client, first=None, **changes):
        self.client = client
        self.info = ok(client.post("fl/jobs", json=job_body(**changes)), 201)
        self.path = f"fl/jobs/{self.info['job_id']}"
        if first is not None:
            ok(self.put(first), 201)

    @property
    def id(self):
        return self.info["job_id"]

    def seen_by(self, client):
        """The same job through another token or server."""
        other = object.__new__(Job)
        other.client, other.info, other.path = client, self.info, self.path
        return other

    def status(self):
        return ok(self.client.get(self.path))

    def put(self, content):
        return self.client.send("PUT", f"{self.path}/model", SAFETENSORS, content)

    def get(self, number=None, **options):
        query = "" if number is None else f"?round={number}"
        return self.client.get(f"{self.path}/model{query}", **options)

    def values(self, number=None):
        answer = self.get(number)
        assert answer.status == 200, answer
        return values(answer.body)

    def update(self, number, client_id, content, num_samples=1, kind=None, **options):
        query = f"client_id={client_id}&num_samples={num_samples}"
        if kind:
            query += f"&kind={kind}"
        return self.send(number, query, content, **options)

    def send(self, number, query, content, **options):
        return self.client.send("POST", f"{self.path}/rounds/{number}/updates?{query}",
                                SAFETENSORS, content, **options)

    def round(self, number):
        return ok(self.client.get(f"{self.path}/rounds/{number}"))

    def reach(self, number, timeout=30):
        """Waits until that round is open, or the job completed with it."""
        return eventually(lambda: (status := self.status())["round"] >= number and status,
                          f"round {number}", timeout)
