# SPDX-License-Identifier: Apache-2.0
"""local_slots: tasks that vcpd runs itself, through the same leases as any node."""

import pytest

from harness import modules, tasks
from harness.expect import b64, ok, output_of, problem, unb64
from harness.node import registration
from harness.wait import eventually


@pytest.fixture
def daemon(start_daemon):
    """A vcpd that is its own node."""
    daemon = start_daemon(args=["--local-slots", 2])
    eventually(lambda: daemon.admin.get("nodes/local").status == 200, "the local node")
    return daemon


@pytest.fixture
def owner(daemon):
    return daemon.submitter("local-owner")


def test_the_local_node_is_listed_with_its_slots(daemon):
    node = ok(daemon.admin.get("nodes/local"))
    assert (node["status"], node["slots"]) == ("online", 2)


def test_a_task_runs_without_another_node(owner):
    task = tasks.completed(owner, modules.echo(), input=b64(b"at home"))
    assert output_of(task) == b"at home"
    assert task["assigned_nodes"] == ["local"]


def test_an_input_too_large_for_a_lease_and_its_output_come_whole(owner):
    content = bytes(range(256)) * 4096
    blob = ok(owner.send("POST", "blobs", "application/octet-stream", content), 200, 201)
    task = tasks.completed(owner, modules.echo(), input_blob=blob["blob_id"],
                           limits={"output_bytes": len(content)})
    assert owner.get(f"tasks/{task['task_id']}/output").body == content


def test_a_task_fails_for_its_own_reason(owner):
    tasks.failed(owner, modules.trapping(), "trap")


def test_more_tasks_than_slots_all_complete(owner):
    module = tasks.upload(owner, modules.echo())
    waiting = [tasks.submit(owner, module, input=b64(b"%d" % i)) for i in range(20)]
    for i, task in enumerate(waiting):
        ended = ok(owner.get(f"tasks/{task['task_id']}?wait=30", timeout=60))
        assert unb64(ended["result"]["output"]) == b"%d" % i


def test_a_task_that_runs_is_cancelled(owner):
    task = tasks.submit(owner, tasks.upload(owner, modules.endless()))
    path = f"tasks/{task['task_id']}"
    eventually(lambda: ok(owner.get(path))["status"] == "running", "the task running")
    ok(owner.post(f"{path}/cancel"))
    assert ok(owner.get(path))["status"] == "cancelled"
    assert output_of(tasks.completed(owner, modules.echo(), input=b64(b"free"))) == b"free"


def test_what_was_running_at_a_crash_runs_again(daemon, owner):
    task = tasks.submit(owner, tasks.upload(owner, modules.endless()),
                        requirements=tasks.requirements(max_execution_time_sec=1), max_retries=1)
    path = f"tasks/{task['task_id']}"
    eventually(lambda: ok(owner.get(path))["status"] == "running", "the task running")
    daemon.crash()
    ended = ok(owner.get(f"{path}?wait=60", timeout=90))
    assert ended["failure"]["reason"] == "timeout"


def test_sigterm_ends_it_with_0_while_a_task_runs(daemon, owner):
    task = tasks.submit(owner, tasks.upload(owner, modules.endless()))
    path = f"tasks/{task['task_id']}"
    eventually(lambda: ok(owner.get(path))["status"] == "running", "the task running")
    assert daemon.terminate(60) == 0


def test_no_other_node_may_be_called_local(daemon):
    join = daemon.role("join")
    problem(join.post("nodes", json=registration("local")), 409)
