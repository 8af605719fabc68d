# SPDX-License-Identifier: Apache-2.0
"""What one owner may have beside others: pending and running tasks, and its share."""

from harness import modules, tasks
from harness.expect import ok, problem
from harness.node import FakeNode


def test_a_task_beyond_the_pending_quota_is_429_with_the_numbers(start_daemon):
    daemon = start_daemon(args=["--max-pending-per-owner", "2"])
    client = daemon.submitter("ann")
    module = tasks.upload(client, modules.echo())
    for _ in range(2):
        tasks.park(client, module)
    told = problem(client.post("tasks", json=tasks.parked(module)), 429)
    assert "2 tasks pending" in told["detail"]
    other = daemon.submitter("bob")
    tasks.park(other)


def test_a_batch_line_beyond_the_quota_harms_no_other(start_daemon):
    daemon = start_daemon(args=["--max-pending-per-owner", "1"])
    client = daemon.submitter("ann")
    module = tasks.upload(client, modules.echo())
    answers = tasks.batch(client, tasks.lines(tasks.parked(module), tasks.parked(module)))
    assert "task_id" in answers[0]
    assert answers[1]["problem"]["status"] == 429


def test_the_running_quota_of_an_owner_is_kept_and_explained(start_daemon):
    daemon = start_daemon(args=["--owners", "ann:max_running=1"])
    node = FakeNode(daemon, "n", slots=8)
    client = daemon.submitter("ann")
    module = tasks.upload(client, modules.echo())
    waiting = [tasks.submit(client, module) for _ in range(2)][1]
    leases = node.lease(8)
    assert len(leases) == 1
    told = ok(client.get(f"tasks/{waiting['task_id']}/explain"))
    assert told["waiting_for"] == "quota"
    ok(node.result(leases[0]))
    assert [lease["task_id"] for lease in node.lease(8)] == [waiting["task_id"]]


def test_shares_are_in_proportion_to_the_weights(start_daemon):
    daemon = start_daemon(args=["--owners", "ann:weight=3"])
    node = FakeNode(daemon, "n", slots=64)
    mine = {}
    for name in ("ann", "bob"):
        client = daemon.submitter(name)
        module = tasks.upload(client, modules.echo())
        mine[name] = {tasks.submit(client, module)["task_id"] for _ in range(12)}
    given = {lease["task_id"] for lease in node.lease(12)}
    assert len(given & mine["ann"]) == 9
    assert len(given & mine["bob"]) == 3


def test_a_wrong_policy_is_named(programs):
    for text in ("ann", "ann:weight=0", "ann:max_running=1.5", "ann:colour=red"):
        ended = programs.run("vcpd", "--check-config", "--owners", text)
        assert ended.returncode == 2, ended
        assert b"owners" in ended.stderr, ended
