# SPDX-License-Identifier: Apache-2.0
"""The shapes that the contract promises everywhere, as assertions."""

import base64
import re

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
HASH = re.compile(r"^sha256:[0-9a-f]{64}$")
TASK_STATES = {"pending", "running", "verifying", "completed", "failed", "cancelled"}
TASK_MEMBERS = {
    "task_id", "task_type", "status", "owner", "module_id", "assigned_nodes", "created_at",
    "updated_at", "attempts", "result", "proof_id", "verification", "receipt_id",
}
NODE_MEMBERS = {
    "node_id", "region", "node_type", "capabilities", "slots", "health_score", "status",
    "slots_free", "reputation", "registered_at", "last_seen", "telemetry", "completed", "failed",
    "disputed",
}


def ok(answer, *statuses):
    """Asserts the status (200 if none is given) and returns the JSON of the answer."""
    status(answer, *(statuses or (200,)))
    return answer.json()


def status(answer, *statuses):
    """Asserts the status and returns the answer."""
    assert answer.status in statuses, answer
    return answer


def problem(answer, *statuses):
    """Asserts an RFC 9457 problem of one of these statuses and returns its members."""
    status(answer, *statuses)
    assert answer.media_type == "application/problem+json", answer
    assert len(answer.body) < 64 * 1024, "a problem stays under 64 KiB"
    members = answer.json()
    for name in ("type", "title", "detail", "instance", "error", "message"):
        assert isinstance(members.get(name), str), f"{name} in {members}"
    assert members["status"] == answer.status, members
    if answer.status == 401:
        assert (answer.header("WWW-Authenticate") or "").lower().startswith("bearer"), answer
    if answer.status == 405:
        assert answer.header("Allow"), answer
    if answer.status in (429, 503):
        assert answer.header("Retry-After"), answer
    return members


def pointers(answer):
    """The JSON pointers of a 422 answer, in order."""
    members = problem(answer, 422)
    errors = members.get("errors", [])
    assert all(isinstance(error["detail"], str) and error["detail"] for error in errors), members
    return [error["pointer"] for error in errors]


def invalid(answer, *expected):
    """Asserts a 422 that names exactly these members, in any order."""
    assert sorted(pointers(answer)) == sorted(expected), answer


def invalid_within(answer, *prefixes):
    """Asserts a 422 with a pointer at or below one of the prefixes."""
    found = pointers(answer)
    assert any(p == q or p.startswith(q + "/") for p in found for q in prefixes), answer


def invalid_parameter(answer, name):
    """Asserts a 422 that names a query parameter."""
    problem(answer, 422)
    assert name in answer.body.decode(), answer


def task_info(task):
    """Asserts that every named member of a TaskInfo is there, with its type; returns it."""
    missing = TASK_MEMBERS - task.keys()
    assert not missing, f"missing {missing} in {task}"
    assert task["status"] in TASK_STATES
    assert TIME.match(task["created_at"]) and TIME.match(task["updated_at"]), task
    assert isinstance(task["assigned_nodes"], list)
    assert isinstance(task["attempts"], int)
    return task


def node_info(node):
    """Asserts that every named member of a node is there; returns it."""
    missing = NODE_MEMBERS - node.keys()
    assert not missing, f"missing {missing} in {node}"
    assert node["status"] in {"online", "safe_mode", "draining", "offline"}
    assert 0 <= node["health_score"] <= 100
    assert TIME.match(node["registered_at"]), node
    return node


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def output_of(task):
    """The output bytes of a task that has some."""
    return unb64(task["result"]["output"])
