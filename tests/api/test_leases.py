# SPDX-License-Identifier: Apache-2.0
"""Leases: what they say, who gets them and in which order, epochs, renewal, expiry."""

import threading
import time
from datetime import datetime, timezone

import pytest

from harness import modules, tasks
from harness.expect import TIME, b64, ok, problem, status, unb64
from harness.node import CAPABILITIES, FakeNode
from harness.programs import HEARTBEAT_INTERVAL, LEASE_TTL, Daemon
from harness.wait import eventually

LEASE_MEMBERS = {"task_id", "epoch", "deadline", "task_type", "module_id", "function", "args",
                 "argv", "env", "limits", "max_execution_time_sec", "rank", "size", "proof", "fl"}


def seconds_until(moment):
    then = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return (then - datetime.now(timezone.utc)).total_seconds()


# --- what a lease says --------------------------------------------------------------------------

def test_a_lease_has_every_member(client, node):
    lease = node.leased(client)
    assert LEASE_MEMBERS <= lease.keys(), LEASE_MEMBERS - lease.keys()
    assert isinstance(lease["epoch"], int)
    assert TIME.match(lease["deadline"])
    assert lease["proof"] is None and lease["fl"] is None


def test_a_lease_is_complete_where_the_submission_was_silent(client, node):
    lease = node.leased(client)
    assert lease["limits"] == {"gas": 10**10, "memory_mb": 256, "output_bytes": 2**20}
    assert lease["env"] == {} and lease["argv"] == []
    assert lease["max_execution_time_sec"] == 30


def test_a_lease_carries_what_was_submitted(client, node):
    module = tasks.upload(client, modules.echo())
    limits = {"gas": 12345, "memory_mb": 3, "output_bytes": 77}
    lease = node.leased(client, module_id=module, task_type="computation", limits=limits,
                        env={"A": "1"}, argv=["x", "y z"], input=b64(b"\0raw\xff"))
    assert lease["module_id"] == module
    assert lease["task_type"] == "computation"
    assert lease["limits"] == limits
    assert lease["env"] == {"A": "1"} and lease["argv"] == ["x", "y z"]
    assert unb64(lease["input"]) == b"\0raw\xff"


def test_a_scalar_lease_carries_function_and_args(client, node):
    module = tasks.upload(client, modules.calculator())
    lease = node.leased(client, module_id=module, function="add64", args=[2**63 - 1, -2**63])
    assert lease["function"] == "add64"
    assert lease["args"] == [2**63 - 1, -2**63]


def test_limits_that_are_partly_given_are_completed(client, node):
    lease = node.leased(client, limits={"memory_mb": 5})
    assert lease["limits"] == {"gas": 10**10, "memory_mb": 5, "output_bytes": 2**20}


@pytest.mark.parametrize("sent", ['{"b": 1,  "a":[1.0, 2e0]}', '"text"', "0", "null", "[]",
                                  '{"big":12345678901234567890123}', '"\\u00e9\u00e9"'])
def test_inputs_are_the_bytes_exactly_as_sent(client, node, sent):
    module = tasks.upload(client, modules.echo())
    wanted = '{"labels":{"node":"%s"},"min_nodes":1,"max_execution_time_sec":30,' \
             '"require_gpu":false,"require_proof":false}' % node.node_id
    body = f'{{"task_type":"wasm_execution","module_id":"{module}","inputs": {sent} ,' \
           f'"requirements":{wanted}}}'
    ok(client.send("POST", "tasks", "application/json", body.encode()), 201)
    assert unb64(node.lease_one()["input"]) == sent.encode()


@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 1_000_000])
def test_an_input_above_64_kib_comes_as_a_blob(client, node, size):
    content = bytes(i % 251 for i in range(size))
    lease = node.leased(client, input=b64(content))
    if size > 65536:
        assert lease.get("input") is None
        assert node.client.get(f"blobs/{lease['input_blob']}/content").body == content
    else:
        assert unb64(lease["input"]) == content


def test_a_lease_lasts_30_seconds_whatever_the_task_may_take(client, node):
    for seconds in (1, 3600):
        wanted = node.requirements(max_execution_time_sec=seconds)
        lease = node.leased(client, requirements=wanted)
        assert 25 < seconds_until(lease["deadline"]) <= 31
        assert lease["max_execution_time_sec"] == seconds


# --- asking -------------------------------------------------------------------------------------

def test_no_work_is_an_empty_list_at_once(node):
    begun = time.monotonic()
    assert node.lease() == []
    assert time.monotonic() - begun < 5


def test_waiting_for_work_in_vain_takes_the_time(node):
    begun = time.monotonic()
    assert node.lease(1, 1) == []
    assert 0.9 < time.monotonic() - begun < 10


def test_waiting_for_work_ends_when_there_is_some(client, node):
    found = []
    waiter = threading.Thread(target=lambda: found.extend(node.lease(1, 30)))
    begun = time.monotonic()
    waiter.start()
    task = node.submit(client)
    waiter.join()
    assert time.monotonic() - begun < 25
    assert [lease["task_id"] for lease in found] == [task["task_id"]]


def test_max_defaults_to_one(client, node):
    for _ in range(2):
        node.submit(client)
    answer = node.client.post(f"nodes/{node.node_id}/leases?wait=5")
    assert len(ok(answer)["leases"]) == 1


def test_max_above_the_free_slots_gives_what_is_free(client, make_node):
    node = make_node(slots=2)
    for _ in range(3):
        node.submit(client)
    assert len(node.lease(2, 5)) == 2
    assert node.lease(2) == []


@pytest.mark.parametrize("query, name", [
    ("max=0", "max"), ("max=x", "max"), ("max=-1", "max"), ("wait=61", "wait"),
    ("wait=-1", "wait"), ("wait=x", "wait"), ("colour=red", "colour"),
])
def test_a_bad_parameter_is_named(node, query, name):
    answer = node.client.post(f"nodes/{node.node_id}/leases?{query}")
    problem(answer, 422)
    assert name in answer.body.decode()


# --- who gets what ------------------------------------------------------------------------------

@pytest.mark.parametrize("wanted, properties, fits", [
    ({"regions": ["mars"]}, {"region": "mars"}, True),
    ({"regions": ["venus", "mars"]}, {"region": "mars"}, True),
    ({"regions": ["venus"]}, {"region": "mars"}, False),
    ({"node_type": "storage"}, {"node_type": "storage"}, True),
    ({"node_type": "storage"}, {"node_type": "compute"}, False),
    ({"node_type": "any"}, {"node_type": "gateway"}, True),
    ({"require_gpu": True}, {"capabilities": {**CAPABILITIES, "gpu_available": True}}, True),
    ({"require_gpu": True}, {}, False),
    ({"min_memory_gb": 64}, {}, True), ({"min_memory_gb": 64.5}, {}, False),
    ({"min_bandwidth_mbps": 500}, {}, True), ({"min_bandwidth_mbps": 501}, {}, False),
    ({"min_health_score": 50}, {}, True), ({"min_health_score": 99}, {}, False),
], ids=str)
def test_constraints_decide(client, make_node, names, wanted, properties, fits):
    test = names("constraint")
    node = make_node(labels={"test": test}, **properties)
    task = tasks.submit(client, requirements=tasks.requirements(labels={"test": test}, **wanted))
    assert [lease["task_id"] for lease in node.lease(1, 5 if fits else 0)] == (
        [task["task_id"]] if fits else [])
    client.post(f"tasks/{task['task_id']}/cancel")


def test_latency_decides(client, make_node, names):
    node = make_node(labels={"test": "latency"})
    wanted = tasks.requirements(labels={"test": "latency"}, max_latency_ms=20)
    ok(node.heartbeat(avg_latency_ms=21))
    tasks.submit(client, requirements=wanted)
    assert node.lease() == []
    ok(node.heartbeat(avg_latency_ms=20))
    node.lease_one()


def test_every_label_is_needed(client, make_node):
    node = make_node(labels={"l1": "a", "l2": "b"})
    for labels, fits in (({"l1": "a", "l2": "c"}, False), ({"l1": "a", "l3": "b"}, False),
                         ({"l1": "a", "l2": "b"}, True)):
        task = tasks.submit(client, requirements=tasks.requirements(labels=labels))
        assert bool(node.lease(1, 5 if fits else 0)) == fits, labels
        client.post(f"tasks/{task['task_id']}/cancel")


def test_memory_that_tasks_take_is_subtracted(client, make_node):
    node = make_node(slots=4, capabilities={**CAPABILITIES, "memory_gb": 1})
    for _ in range(3):
        node.submit(client, limits={"memory_mb": 450})
    assert len(node.lease(4, 5)) == 2


def test_priority_is_strict_and_then_comes_the_order_of_submission(client, make_node):
    node = make_node(slots=1)
    blocker = node.leased(client)
    submitted = [(priority, node.submit(client, priority=priority)["task_id"])
                 for priority in (5, 0, 9, 5, 9)]
    expected = [task for _, task in sorted(submitted, key=lambda item: -item[0])]
    status(node.result(blocker), 200)
    for task in expected:
        lease = node.lease_one()
        assert lease["task_id"] == task
        status(node.result(lease), 200)


def test_owners_of_one_priority_share_equally(server, make_node, names):
    node = make_node(slots=1)
    many, few = (server.submitter(names("owner")) for _ in range(2))
    blocker = node.leased(many)
    for _ in range(8):
        node.submit(many)
    for _ in range(3):
        node.submit(few)
    status(node.result(blocker), 200)
    owners = []
    for _ in range(6):
        lease = node.lease_one()
        owners.append(ok(server.admin.get(f"tasks/{lease['task_id']}"))["owner"])
        status(node.result(lease), 200)
    counts = {owner: owners.count(owner) for owner in set(owners)}
    assert sorted(counts.values()) == [3, 3], owners


def test_a_task_is_leased_once(client, make_node):
    nodes = [make_node(labels={"race": "once"}) for _ in range(4)]
    for _ in range(6):
        tasks.submit(client, requirements=tasks.requirements(labels={"race": "once"}))
    found = []
    askers = [threading.Thread(target=lambda n=n: found.extend(n.lease(4, 2))) for n in nodes]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len({lease["task_id"] for lease in found}) == len(found) == 6
    assert len({lease["epoch"] for lease in found}) == 6


def test_a_leased_task_shows_its_node_and_attempt(client, node):
    task = ok(client.get(f"tasks/{node.leased(client)['task_id']}"))
    assert task["status"] == "running"
    assert task["assigned_nodes"] == [node.node_id]
    assert task["attempts"] == 1


def test_epochs_rise_over_all_tasks(client, node):
    epochs = [node.leased(client)["epoch"] for _ in range(3)]
    assert epochs == sorted(set(epochs))


# --- expiry -------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def hasty(programs, tmp_path_factory):
    """A server whose leases last a second."""
    daemon = Daemon(programs, tmp_path_factory.mktemp("hasty"),
                    env={LEASE_TTL: "1000", HEARTBEAT_INTERVAL: "1000"}).start()
    yield daemon
    programs.end(daemon)


@pytest.fixture
def pair(hasty, names):
    """Two nodes of the hasty server that get the same tasks, and how to submit those."""
    group = names("pair")
    nodes = [FakeNode(hasty, names("node"), labels={"group": group}) for _ in range(2)]
    client = hasty.submitter(names("owner"))

    def submit(**changes):
        return tasks.submit(client, requirements=tasks.requirements(labels={"group": group}),
                            **changes)
    yield client, nodes, submit
    for node in nodes:
        hasty.admin.delete(f"nodes/{node.node_id}")


@pytest.mark.slow
def test_a_lease_that_is_not_renewed_is_placed_again_after_its_deadline(pair):
    client, (first, second), submit = pair
    task = submit()
    lease = first.lease_one()
    assert seconds_until(lease["deadline"]) <= 1.1
    again = eventually(lambda: second.lease(1, 1), "the task placed again")[0]
    assert seconds_until(lease["deadline"]) <= 0, "never before the deadline"
    assert again["task_id"] == task["task_id"]
    assert again["epoch"] > lease["epoch"]
    problem(first.result(lease, b"late"), 409)
    status(second.result(again, b"in time"), 200)
    shown = ok(client.get(f"tasks/{task['task_id']}"))
    assert shown["status"] == "completed"
    assert shown["attempts"] == 2


@pytest.mark.slow
def test_a_heartbeat_renews_the_leases_that_it_names(pair):
    client, (first, second), submit = pair
    submit(), submit()
    kept, dropped = first.lease_one(), first.lease_one()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        ok(first.heartbeat([kept]))
        taken = second.lease(1, 0)
        assert all(lease["task_id"] == dropped["task_id"] for lease in taken)
        time.sleep(0.1)
    status(first.result(kept, b"long work"), 200)
    problem(first.result(dropped, b"too late"), 409)


@pytest.mark.slow
def test_a_task_whose_nodes_vanish_fails_when_its_retries_are_spent(pair):
    client, nodes, submit = pair
    task = submit(max_retries=1)
    for attempt in range(2):
        node = nodes[attempt]
        eventually(lambda: node.lease(1, 1), f"attempt {attempt + 1}")  # noqa: B023
    ended = ok(client.get(f"tasks/{task['task_id']}?wait=10"))
    assert ended["status"] == "failed"
    assert ended["failure"]["reason"] == "node_lost"
    assert [attempt["reason"] for attempt in ended["failure"]["attempts"]] == ["node_lost"] * 2
    assert len({attempt["epoch"] for attempt in ended["failure"]["attempts"]}) == 2


@pytest.mark.slow
def test_a_task_is_not_renewed_past_its_own_time_limit(hasty, names):
    node = FakeNode(hasty, names("node"))
    client = hasty.submitter(names("owner"))
    lease = node.leased(client, max_retries=0,
                        requirements=node.requirements(max_execution_time_sec=1))

    def given_up():
        ok(node.heartbeat([lease]))
        return ok(client.get(f"tasks/{lease['task_id']}"))["status"] == "failed"
    eventually(given_up, "the end of renewing", 60, 0.2)


def test_anothers_lease_is_not_renewed_by_naming_it(client, make_node):
    holder, other = make_node(), make_node()
    lease = holder.leased(client)
    beat = ok(other.heartbeat([lease]))
    assert beat["cancelled"] == [{"task_id": lease["task_id"], "epoch": lease["epoch"]}]
    assert ok(holder.heartbeat([lease]))["cancelled"] == []
