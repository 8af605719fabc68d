# SPDX-License-Identifier: Apache-2.0
"""Submissions of tasks, and what a test does with them."""

import json

from .expect import ok
from .modules import echo


def requirements(**changes):
    return {"min_nodes": 1, "max_execution_time_sec": 30, "require_gpu": False,
            "require_proof": False, **changes}


def upload(client, source):
    """Uploads a module, WAT or binary, and returns its id."""
    media_type, body = ("application/wasm", source) if isinstance(source, bytes) else (
        "text/wat", source.encode())
    return ok(client.send("POST", "modules", media_type, body), 200, 201)["module_id"]


def body(of_module, **changes):
    """A submission that any node can run; `changes` may replace every member."""
    return {"task_type": "wasm_execution", "module_id": of_module,
            "requirements": requirements(), **changes}


def parked(of_module, **changes):
    """A submission that no node of the tests can run: it stays pending."""
    wanted = requirements(labels={"placed": "never"})
    return body(of_module, **{"requirements": wanted, **changes})


def park(client, module_id=None, **changes):
    """Submits a task that stays pending and returns its TaskInfo."""
    return ok(client.post("tasks", json=parked(module_id or upload(client, echo()), **changes)),
              201)


def submit(client, module_id=None, **changes):
    """Submits a task (of the echo module, if none is named) and returns its TaskInfo."""
    return ok(client.post("tasks", json=body(module_id or upload(client, echo()), **changes)),
              201)


def run(client, source, wait=30, **changes):
    """Uploads, submits and waits; the TaskInfo when the task has ended."""
    task = body(upload(client, source), **changes)
    info = ok(client.post(f"tasks?wait={wait}", json=task, timeout=wait + 30), 201)
    assert info["status"] in ("completed", "failed", "cancelled"), info
    return info


def completed(client, source, **changes):
    """As `run`, for a task that must complete."""
    info = run(client, source, **changes)
    assert info["status"] == "completed", info.get("failure")
    return info


def failed(client, source, reason, **changes):
    """As `run`, for a task that must fail with that reason."""
    info = run(client, source, **changes)
    assert info["status"] == "failed", info
    assert info["failure"]["reason"] == reason, info["failure"]
    return info


def lines(*submissions):
    """The NDJSON of a batch."""
    return b"".join(json.dumps(item).encode() + b"\n" for item in submissions)


def batch(client, content, **options):
    """Posts a batch; returns the answer lines."""
    answer = client.send("POST", "tasks/batch", "application/x-ndjson", content, **options)
    assert answer.status == 200, answer
    assert answer.media_type == "application/x-ndjson", answer
    return answer.ndjson()
