# SPDX-License-Identifier: Apache-2.0
"""How many ended tasks are kept, and what goes with those that are not."""

from harness import tasks
from harness.expect import ok, problem, status
from harness.node import FakeNode
from harness.wait import eventually

KEPT = 5


def run_tasks(daemon, count, **changes):
    """Runs so many tasks to their end and returns their ids."""
    client = daemon.submitter()
    node = FakeNode(daemon, "n")
    ids = []
    for _ in range(count):
        lease = node.leased(client, **changes)
        status(node.result(lease, b"out"), 200)
        ids.append(lease["task_id"])
    return ids


def kept(client):
    return [task["task_id"] for task in client.items("tasks")]


def test_the_oldest_of_too_many_ended_tasks_are_deleted(start_daemon):
    daemon = start_daemon(args=["--retain-ended-tasks", KEPT])
    client = daemon.submitter()
    ids = run_tasks(daemon, 12)
    eventually(lambda: kept(client) == ids[:-KEPT - 1:-1], "the newest are kept")
    problem(client.get(f"tasks/{ids[0]}"), 404)
    problem(client.post(f"tasks/{ids[0]}/cancel"), 404)
    assert ok(client.get(f"tasks/{ids[-1]}"))["status"] == "completed"


def test_totals_count_what_is_deleted(start_daemon):
    daemon = start_daemon(args=["--retain-ended-tasks", KEPT])
    run_tasks(daemon, 12)
    eventually(lambda: len(kept(daemon.admin)) == KEPT, "the others are deleted")
    for _ in range(2):
        stats = ok(daemon.admin.get("cluster/stats"))
        assert (stats["total_tasks"], stats["completed_tasks"]) == (12, 12)
        daemon.restart()
    assert len(kept(daemon.admin)) == KEPT


def test_tasks_that_have_not_ended_stay(start_daemon):
    daemon = start_daemon(args=["--retain-ended-tasks", KEPT])
    client = daemon.submitter()
    parked = [tasks.park(client)["task_id"] for _ in range(3)]
    run_tasks(daemon, 12)
    eventually(lambda: len(kept(client)) == KEPT + 3, "the ended ones are deleted")
    assert {ok(client.get(f"tasks/{task}"))["status"] for task in parked} == {"pending"}


def test_inputs_go_with_the_last_task_that_needs_them(start_daemon):
    daemon = start_daemon(args=["--retain-ended-tasks", 1])
    client = daemon.submitter()
    blob = ok(client.send("POST", "blobs", "application/octet-stream", b"x" * 200_000),
              201)["blob_id"]
    ids = run_tasks(daemon, 1, input_blob=blob)
    status(client.delete(f"blobs/{blob}"), 204)

    def files():
        return list(daemon.data_dir.rglob(blob.removeprefix("sha256:")))

    assert files(), "the ended task has it still"
    node = FakeNode(daemon, "m")
    status(node.result(node.leased(client), b"out"), 200)
    eventually(lambda: not files(), "nothing needs the input")
    problem(client.get(f"tasks/{ids[0]}"), 404)


def test_0_keeps_any_number(start_daemon):
    daemon = start_daemon(args=["--retain-ended-tasks", 0, "--retain-ended-days", 0])
    ids = run_tasks(daemon, 12)
    assert kept(daemon.admin) == ids[::-1]
