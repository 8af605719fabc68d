# SPDX-License-Identifier: Apache-2.0
"""A node that speaks the node's part of the API and runs nothing."""

import json

from . import tasks
from .expect import b64, ok

CAPABILITIES = {"bandwidth_mbps": 500, "cpu_cores": 4, "memory_gb": 64, "gpu_available": False}
TELEMETRY = {"bandwidth_mbps": 500, "avg_latency_ms": 5, "cpu_usage_percent": 10,
             "memory_usage_percent": 10, "temperature_c": 40, "power_watts": 50}


def registration(name, **changes):
    """The body that registers a node; `changes` may replace every member."""
    return {"node_id": name, "region": "eu-west", "node_type": "compute",
            "capabilities": dict(CAPABILITIES), **changes}


class FakeNode:
    """Registers with a join token and answers leases as the test says."""

    def __init__(self, daemon, node_id, **changes):
        self.daemon = daemon
        self.node_id = node_id
        self.body = registration(node_id, **{"labels": {"node": node_id}, **changes})
        self.info = ok(daemon.role("join").post("nodes", json=self.body), 201)
        self.token = self.info["node_token"]

    @property
    def client(self):
        return self.daemon.client(self.token)

    def register(self, **changes):
        """Registers again, with its own token: a restart."""
        return self.client.post("nodes", json={**self.body, **changes})

    def requirements(self, **changes):
        """Requirements that only this node meets, so that tests do not share tasks."""
        return tasks.requirements(**{"labels": {"node": self.node_id}, **changes})

    def submit(self, client, module_id=None, **changes):
        """Submits a task that only this node can get."""
        return tasks.submit(client, module_id,
                            **{"requirements": self.requirements(), **changes})

    def leased(self, client, **changes):
        """Submits a task for this node and takes its lease."""
        task = self.submit(client, **changes)
        lease = self.lease_one()
        assert lease["task_id"] == task["task_id"], lease
        return lease

    def heartbeat(self, leases=(), **telemetry):
        """One heartbeat that names these leases; telemetry over that of a healthy machine."""
        named = [{"task_id": lease["task_id"], "epoch": lease["epoch"]} for lease in leases]
        body = {"telemetry": {**TELEMETRY, **telemetry}, "leases": named}
        return self.client.put(f"nodes/{self.node_id}/heartbeat", json=body)

    def lease(self, count=1, wait=0):
        """The leases that the server hands out."""
        path = f"nodes/{self.node_id}/leases?max={count}&wait={wait}"
        return ok(self.client.post(path, timeout=wait + 30))["leases"]

    def lease_one(self, wait=10):
        """Exactly one lease, waiting for it."""
        leases = self.lease(1, wait)
        assert len(leases) == 1, leases
        return leases[0]

    def result_body(self, lease, output=b"", status="ok", **changes):
        return {"node_id": self.node_id, "epoch": lease["epoch"], "status": status,
                "output": b64(output), "log": "", "exit_code": 0, "gas_used": 1000,
                "execution_time_ms": 1, **changes}

    def result(self, lease, output=b"", status="ok", **changes):
        """Returns the result of a lease."""
        body = self.result_body(lease, output, status, **changes)
        return self.client.post(f"tasks/{lease['task_id']}/result", json=body)

    def results(self, bodies):
        """Returns several results at once, each a body with its `task_id`."""
        lines = "".join(json.dumps(body) + "\n" for body in bodies)
        return self.client.send("POST", f"nodes/{self.node_id}/results", "application/x-ndjson",
                                lines.encode())
