# SPDX-License-Identifier: Apache-2.0
"""Answers that must agree, or are run again, before they are believed."""

import pytest

from harness import modules, tasks
from harness.expect import invalid, ok, status, unb64
from harness.node import FakeNode
from harness.wait import eventually


@pytest.fixture
def team(make_node, names):
    """Four played nodes for the tasks of this test."""
    label = names("team")
    return [make_node(labels={"team": label}) for _ in range(4)]


def submit(client, team, verification, module_id=None):
    wanted = tasks.requirements(labels={"team": team[0].body["labels"]["team"]})
    return tasks.submit(client, module_id, requirements=wanted, verification=verification)


def gather(team):
    """What the nodes are given now, each with its node."""
    return [(node, lease) for node in team for lease in node.lease(1)]


QUORUM = {"mode": "quorum", "agree": 2, "max_replicas": 3, "adaptive": False}


def test_a_quorum_believes_two_equal_answers(client, team):
    task = submit(client, team, QUORUM)
    pairs = gather(team)
    assert len(pairs) == 2
    ok(pairs[0][0].result(pairs[0][1], b"same"))
    assert ok(client.get(f"tasks/{task['task_id']}"))["status"] == "running"
    ok(pairs[1][0].result(pairs[1][1], b"same"))
    info = ok(client.get(f"tasks/{task['task_id']}"))
    assert info["status"] == "completed"
    assert unb64(info["result"]["output"]) == b"same"
    assert [answer["judgement"] for answer in info["answers"]] == ["accepted", "accepted"]


def test_a_quorum_disputes_the_odd_one_out(client, team, server):
    task = submit(client, team, QUORUM)
    pairs = gather(team)
    before = ok(server.admin.get(f"nodes/{pairs[0][0].node_id}"))["reputation"]
    ok(pairs[0][0].result(pairs[0][1], b"a lie"))
    ok(pairs[1][0].result(pairs[1][1], b"the truth"))
    third = gather(team)
    assert len(third) == 1
    assert third[0][0] not in (pairs[0][0], pairs[1][0])
    ok(third[0][0].result(third[0][1], b"the truth"))
    info = ok(client.get(f"tasks/{task['task_id']}"))
    assert unb64(info["result"]["output"]) == b"the truth"
    liar = ok(server.admin.get(f"nodes/{pairs[0][0].node_id}"))
    assert liar["disputed"] == 1
    assert liar["reputation"] < before


def test_a_quorum_without_agreement_fails_with_the_hashes(client, team):
    task = submit(client, team, QUORUM)
    answers = iter([b"one", b"two", b"three"])
    for _ in range(3):
        for node, lease in gather(team):
            ok(node.result(lease, next(answers)))
    info = ok(client.get(f"tasks/{task['task_id']}"))
    assert info["failure"]["reason"] == "no_agreement"
    assert len({answer["output_sha256"] for answer in info["answers"]}) == 3


def test_nothing_in_a_lease_tells_of_the_others(client, team):
    submit(client, team, QUORUM)
    (_, first), (_, second) = gather(team)
    for member in first.keys() - {"epoch", "deadline"}:
        assert first[member] == second[member], member
    assert first["rank"] == 0 and first["size"] == 1


def test_real_nodes_agree(start_daemon, start_node):
    daemon = start_daemon()
    for number in range(2):
        start_node(daemon, node_id=f"n{number}")
    client = daemon.submitter("ann")
    info = tasks.completed(client, modules.echo(), inputs={"a": 1}, verification=QUORUM)
    assert {answer["judgement"] for answer in info["answers"]} == {"accepted"}
    assert len({answer["node_id"] for answer in info["answers"]}) == 2


def test_recheck_refutes_a_lie_and_asks_another_node(client, team, server):
    module = tasks.upload(client, modules.echo())
    task = submit(client, team, {"mode": "recheck"}, module)
    [(liar, lease)] = gather(team)
    ok(liar.result(lease, b"a lie"))
    eventually(lambda: ok(server.admin.get(f"nodes/{liar.node_id}"))["disputed"] == 1,
               "the lie is disputed")
    [(other, second)] = eventually(lambda: gather(team), "the task goes elsewhere")
    assert other is not liar
    info = ok(client.get(f"tasks/{task['task_id']}"))
    assert info["answers"][0]["judgement"] == "disputed"
    ok(other.result(second, b"another lie"))
    eventually(lambda: ok(server.admin.get(f"nodes/{other.node_id}"))["disputed"] == 1,
               "the lie is disputed")


def test_recheck_believes_what_the_sandbox_gives_again(start_daemon, start_node):
    daemon = start_daemon()
    start_node(daemon)
    info = tasks.completed(daemon.submitter("ann"), modules.echo(), inputs="again",
                           verification={"mode": "recheck"})
    assert info["result"]["output_text"] == '"again"'
    assert info["answers"][0]["judgement"] == "accepted"


def test_recheck_covers_a_trap_that_is_claimed(client, team, server):
    module = tasks.upload(client, modules.echo())
    task = submit(client, team, {"mode": "recheck"}, module)
    [(liar, lease)] = gather(team)
    ok(liar.result(lease, status="trap"))
    eventually(lambda: ok(server.admin.get(f"nodes/{liar.node_id}"))["disputed"] == 1,
               "the lie is disputed")
    assert ok(client.get(f"tasks/{task['task_id']}"))["status"] == "pending"


def test_a_recheck_under_way_is_done_after_a_restart(start_daemon):
    daemon = start_daemon()
    node = FakeNode(daemon, "n")
    client = daemon.submitter("ann")
    task = tasks.submit(client, tasks.upload(client, modules.echo()),
                        verification={"mode": "recheck"})
    ok(node.result(node.lease_one(), b"a lie"))
    daemon.kill()
    daemon.start()
    client = daemon.submitter("ann")
    eventually(lambda: ok(daemon.admin.get("nodes/n"))["disputed"] == 1,
               "the lie is disputed")
    assert ok(daemon.admin.get(f"tasks/{task['task_id']}"))["status"] in ("pending", "running")


@pytest.mark.parametrize("verification, pointer", [
    ({"mode": "quorum", "agree": 3, "max_replicas": 2}, "/verification/agree"),
    ({"mode": "quorum", "agree": 6}, "/verification/agree"),
    ({"mode": "quorum", "agree": 0}, "/verification/agree"),
    ({"mode": "quorum", "adaptive": 1}, "/verification/adaptive"),
    ({"mode": "quorum", "probability": 1}, "/verification/probability"),
    ({"mode": "recheck", "probability": 1.5}, "/verification/probability"),
    ({"mode": "recheck", "probability": -0.1}, "/verification/probability"),
    ({"mode": "none", "agree": 2}, "/verification/agree"),
    ({"mode": "trust"}, "/verification/mode"),
    ({}, "/verification/mode"),
])
def test_a_wrong_verification_is_refused(client, verification, pointer):
    module = tasks.upload(client, modules.echo())
    answer = client.post("tasks", json=tasks.body(module, verification=verification))
    invalid(answer, pointer)


# --- auto ---------------------------------------------------------------------------------------

def test_auto_says_which_plan_it_chose_and_how_sure_that_is(client, real_node):
    task = tasks.completed(client, modules.echo(), verification={"mode": "auto", "max_wrong": 1e-6})
    assert task["verification"]["mode"] == "auto"
    assert task["verification"]["plan"]["mode"] in ("quorum", "recheck")
    assert 0 <= task["verification"]["estimated_wrong"] <= 1e-6
    said = ok(client.get(f"tasks/{task['task_id']}/receipt"))["receipt"]["verification"]
    assert said["mode"] == "auto" and said["max_wrong"] == "1e-06"
    assert float(said["estimated_wrong"]) <= 1e-6
    assert said["plan"]["mode"] == task["verification"]["plan"]["mode"]


@pytest.mark.parametrize("max_wrong", [0, 1, 1.5, -1, "small", None])
def test_auto_needs_a_chance_between_0_and_1(client, max_wrong):
    body = tasks.body("sha256:" + 64 * "0", verification={"mode": "auto", "max_wrong": max_wrong})
    invalid(client.post("tasks", json=body), "/verification/max_wrong")
