# SPDX-License-Identifier: Apache-2.0
"""Tasks: what a submission may say, TaskInfo, waiting, output, cancelling, explaining, dying."""

import threading
import time

import pytest

from harness import modules, tasks
from harness.expect import (b64, invalid, invalid_within, ok, output_of, pointers, problem,
                            status, task_info)
from harness.node import CAPABILITIES, FakeNode


@pytest.fixture(scope="module")
def owner(server):
    return server.submitter("tasks")


@pytest.fixture(scope="module")
def command(owner):
    return tasks.upload(owner, modules.echo())


@pytest.fixture(scope="module")
def scalar(owner):
    return tasks.upload(owner, modules.calculator())


def refused(client, body, *expected):
    invalid(client.post("tasks", json=body), *expected)


# --- what a submission may say ------------------------------------------------------------------

def test_a_task_is_pending_and_has_every_member(owner, command):
    answer = status(owner.post("tasks", json=tasks.parked(command)), 201)
    task = task_info(answer.json())
    assert answer.header("Location") == f"/api/v1/tasks/{task['task_id']}"
    assert task["status"] == "pending"
    assert task["task_type"] == "wasm_execution"
    assert task["owner"] == "tasks"
    assert task["module_id"] == command
    assert task["assigned_nodes"] == []
    assert task["attempts"] == 0
    assert task["result"] is None and task["proof_id"] is None and task["receipt_id"] is None
    assert task["verification"]["mode"] == "none"
    assert ok(owner.get(f"tasks/{task['task_id']}")) == task


def test_ids_are_different_and_in_order_of_submission(owner, command):
    made = [tasks.park(owner, command)["task_id"] for _ in range(5)]
    assert len(set(made)) == 5


@pytest.mark.parametrize("change", [
    {"task_type": "computation"},
    {"inputs": {"a": [1, 2.5, None]}}, {"inputs": 0}, {"inputs": "text"}, {"inputs": []},
    {"input": ""}, {"input": b64(b"\0\xff")},
    {"env": {}}, {"env": {"A": "1", "B": ""}}, {"argv": []}, {"argv": ["a", "", "c d"]},
    {"limits": {}}, {"limits": {"gas": 1}}, {"limits": {"gas": 10**13}},
    {"limits": {"memory_mb": 4096}}, {"limits": {"memory_mb": 1}},
    {"limits": {"output_bytes": 64 * 2**20}}, {"limits": {"output_bytes": 0}},
    {"verification": {"mode": "none"}}, {"priority": 0}, {"priority": 9},
    {"max_retries": 0}, {"max_retries": 5}, {"strategy": "weighted"},
    {"argv": ["x"] * 1024}, {"env": {"A": "x" * 60_000}},
], ids=lambda value: str(value)[:50])
def test_is_accepted(owner, command, change):
    ok(owner.post("tasks", json=tasks.parked(command, **change)), 201)


@pytest.mark.parametrize("change", [
    {"min_nodes": 1}, {"max_execution_time_sec": 1}, {"max_execution_time_sec": 3600},
    {"require_gpu": True}, {"regions": ["eu-west", "us"]}, {"node_type": "compute"},
    {"node_type": "any"}, {"labels": {"zone": "1"}}, {"min_health_score": 100},
    {"min_bandwidth_mbps": 1000}, {"max_latency_ms": 5.5}, {"min_memory_gb": 16},
], ids=str)
def test_a_requirement_is_accepted(owner, command, change):
    wanted = {**tasks.requirements(labels={"placed": "never"}), **change}
    ok(owner.post("tasks", json=tasks.body(command, requirements=wanted)), 201)


@pytest.mark.parametrize("change, pointer", [
    ({"task_type": "dance"}, "/task_type"), ({"task_type": 1}, "/task_type"),
    ({"task_type": "zk_proof"}, "/task_type"),
    ({"task_type": "federated_learning"}, "/task_type"),
    ({"module_id": "none"}, "/module_id"), ({"module_id": "sha256:" + "0" * 64}, "/module_id"),
    ({"module_id": 1}, "/module_id"),
    ({"function": 1}, "/function"), ({"args": {}}, "/args"),
    ({"env": []}, "/env"), ({"env": {"A": 1}}, "/env/A"),
    ({"argv": {}}, "/argv"), ({"argv": ["a", 1]}, "/argv/1"),
    ({"input": 1}, "/input"), ({"input": "???="}, "/input"), ({"input": "YQ"}, "/input"),
    ({"input": "YQ==\n"}, "/input"), ({"input": "-_-_"}, "/input"),
    ({"limits": []}, "/limits"), ({"limits": {"gas": 0}}, "/limits/gas"),
    ({"limits": {"gas": 10**13 + 1}}, "/limits/gas"), ({"limits": {"gas": 1.5}}, "/limits/gas"),
    ({"limits": {"gas": "1"}}, "/limits/gas"), ({"limits": {"gas": -1}}, "/limits/gas"),
    ({"limits": {"memory_mb": 0}}, "/limits/memory_mb"),
    ({"limits": {"memory_mb": 4097}}, "/limits/memory_mb"),
    ({"limits": {"output_bytes": 64 * 2**20 + 1}}, "/limits/output_bytes"),
    ({"limits": {"output_bytes": -1}}, "/limits/output_bytes"),
    ({"limits": {"patience": 1}}, "/limits/patience"),
    ({"priority": 10}, "/priority"), ({"priority": -1}, "/priority"),
    ({"priority": 5.5}, "/priority"), ({"priority": "5"}, "/priority"),
    ({"max_retries": -1}, "/max_retries"), ({"max_retries": "3"}, "/max_retries"),
    ({"strategy": "hope"}, "/strategy"), ({"strategy": 1}, "/strategy"),
    ({"requirements": []}, "/requirements"), ({"requirements": None}, "/requirements"),
    ({"wasm_modul": "x"}, "/wasm_modul"), ({"~a/b": 1}, "/~0a~1b"),
], ids=lambda value: str(value)[:50])
def test_a_bad_member_is_named(owner, command, change, pointer):
    refused(owner, tasks.parked(command, **change), pointer)


@pytest.mark.parametrize("change, member", [
    ({"min_nodes": 0}, "min_nodes"), ({"min_nodes": 1001}, "min_nodes"),
    ({"min_nodes": "1"}, "min_nodes"), ({"min_nodes": 1.5}, "min_nodes"),
    ({"max_execution_time_sec": 0}, "max_execution_time_sec"),
    ({"max_execution_time_sec": 3601}, "max_execution_time_sec"),
    ({"max_execution_time_sec": None}, "max_execution_time_sec"),
    ({"require_gpu": "yes"}, "require_gpu"), ({"require_proof": 1}, "require_proof"),
    ({"regions": "eu"}, "regions"), ({"regions": [1]}, "regions/0"),
    ({"node_type": "toaster"}, "node_type"), ({"labels": []}, "labels"),
    ({"labels": {"a": 1}}, "labels/a"),
    ({"min_health_score": 101}, "min_health_score"),
    ({"min_health_score": -1}, "min_health_score"),
    ({"min_bandwidth_mbps": -1}, "min_bandwidth_mbps"),
    ({"max_latency_ms": -1}, "max_latency_ms"), ({"min_memory_gb": -1}, "min_memory_gb"),
    ({"min_memory_gb": "big"}, "min_memory_gb"), ({"colour": 1}, "colour"),
], ids=str)
def test_a_bad_requirement_is_named(owner, command, change, member):
    refused(owner, tasks.body(command, requirements=tasks.requirements(**change)),
            f"/requirements/{member}")


@pytest.mark.parametrize("member", ["task_type", "requirements"])
def test_a_missing_member_is_named(owner, command, member):
    body = tasks.parked(command)
    del body[member]
    refused(owner, body, f"/{member}")


@pytest.mark.parametrize("member", ["min_nodes", "max_execution_time_sec"])
def test_a_missing_requirement_is_named(owner, command, member):
    wanted = tasks.requirements()
    del wanted[member]
    refused(owner, tasks.body(command, requirements=wanted), f"/requirements/{member}")


def test_all_bad_members_are_named_at_once(owner, command):
    refused(owner, tasks.body(command, priority=10, env=[], strategy="hope", zebra=1,
                              limits={"gas": 0, "memory_mb": 0},
                              requirements=tasks.requirements(min_nodes=0)),
            "/priority", "/env", "/strategy", "/zebra", "/limits/gas", "/limits/memory_mb",
            "/requirements/min_nodes")


@pytest.mark.parametrize("change, prefixes", [
    ({"module_id": None}, ["/module_id", "/wasm_module"]),
    ({"wasm_module": b64(modules.binary())}, ["/module_id", "/wasm_module"]),
], ids=["neither", "both"])
def test_exactly_one_module_is_named(owner, command, change, prefixes):
    body = {name: value for name, value in {**tasks.parked(command), **change}.items()
            if value is not None}
    invalid_within(owner.post("tasks", json=body), *prefixes)


@pytest.mark.parametrize("names", [("inputs", "input"), ("input", "input_blob"),
                                   ("inputs", "input_blob")], ids=" and ".join)
def test_two_inputs_are_refused(owner, command, names):
    blob = ok(owner.send("POST", "blobs", "application/octet-stream", b"both"), 200, 201)
    values = {"inputs": 1, "input": "YQ==", "input_blob": blob["blob_id"]}
    body = tasks.parked(command, **{name: values[name] for name in names})
    invalid_within(owner.post("tasks", json=body), *(f"/{name}" for name in names))


@pytest.mark.parametrize("change, prefixes", [
    ({"argv": ["x"] * 1025}, ["/argv"]),
    ({"env": {f"K{i}": "" for i in range(1025)}}, ["/env"]),
    ({"argv": ["x" * 66_000]}, ["/argv"]),
    ({"env": {"K": "x" * 66_000}}, ["/env"]),
    ({"argv": ["x"] * 600, "env": {f"K{i}": "" for i in range(600)}}, ["/argv", "/env"]),
    ({"argv": ["x" * 40_000], "env": {"K": "x" * 40_000}}, ["/argv", "/env"]),
], ids=["argv", "env", "argv bytes", "env bytes", "together", "bytes together"])
def test_more_arguments_than_allowed_are_refused(owner, command, change, prefixes):
    invalid_within(owner.post("tasks", json=tasks.parked(command, **change)), *prefixes)


@pytest.mark.parametrize("change", [{"argv": ["a\0b"]}, {"env": {"A": "a\0b"}},
                                    {"env": {"": "x"}}, {"env": {"A=B": "x"}}], ids=str)
def test_what_no_program_could_read_is_refused(owner, command, change):
    invalid_within(owner.post("tasks", json=tasks.parked(command, **change)),
                   f"/{next(iter(change))}")


# --- scalar calls are checked at submission -----------------------------------------------------

def scalar_body(scalar, function, args):
    return tasks.parked(scalar, function=function, args=args)


@pytest.mark.parametrize("function, args", [
    ("add", [1, 2]), ("add", [-2**31, 2**31 - 1]), ("add64", [-2**63, 2**63 - 1]),
    ("mul", [1, 2.5]), ("half", [0.5]), ("both", [7]), ("nothing", []),
])
def test_a_scalar_call_that_fits_is_accepted(owner, scalar, function, args):
    ok(owner.post("tasks", json=scalar_body(scalar, function, args)), 201)


@pytest.mark.parametrize("function", ["subtract", "", "memory", "Add"])
def test_an_unknown_function_is_named(owner, scalar, function):
    refused(owner, scalar_body(scalar, function, [1, 2]), "/function")


@pytest.mark.parametrize("function, args", [
    ("add", [1]), ("add", [1, 2, 3]), ("add", []), ("add", ["1", 2]), ("add", [1.5, 2]),
    ("add", [2**32, 2]), ("add", [-2**31 - 1, 0]), ("add64", [2**64, 0]),
    ("add64", [-2**63 - 1, 0]), ("mul", [True, 1.0]), ("mul", [None, 1.0]), ("nothing", [1]),
    ("add", [[1], 2]), ("add", [{"i32": 1}, 2]),
], ids=str)
def test_wrong_arguments_are_named(owner, scalar, function, args):
    invalid_within(owner.post("tasks", json=scalar_body(scalar, function, args)), "/args")


def test_a_scalar_module_needs_a_function(owner, scalar):
    refused(owner, tasks.parked(scalar), "/function")


# --- verification -------------------------------------------------------------------------------

@pytest.mark.parametrize("verification", [{}, {"mode": "hope"}, {"mode": 1}, "none", [],
                                          {"mode": "none", "agree": 2}], ids=str)
def test_a_bad_verification_is_named(owner, command, verification):
    answer = owner.post("tasks", json=tasks.parked(command, verification=verification))
    invalid_within(answer, "/verification")


def test_require_proof_is_refused_by_name(owner, command):
    wanted = tasks.requirements(require_proof=True)
    invalid_within(owner.post("tasks", json=tasks.body(command, requirements=wanted)),
                   "/verification", "/requirements/require_proof")


def test_require_proof_with_another_mode_is_refused(owner, command):
    body = tasks.body(command, requirements=tasks.requirements(require_proof=True),
                      verification={"mode": "none"})
    invalid_within(owner.post("tasks", json=body), "/verification")


# --- reading and waiting ------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["tasks/none", "tasks/none/output", "tasks/none/explain"])
def test_what_is_not_there_is_404(owner, path):
    problem(owner.get(path), 404)


def test_what_is_anothers_is_404(server, owner, command, names):
    task = tasks.park(owner, command)["task_id"]
    other = server.submitter(names("owner"))
    for path in ("", "/output", "/explain"):
        problem(other.get(f"tasks/{task}{path}"), 404)
    problem(other.post(f"tasks/{task}/cancel"), 404)
    assert other.items("tasks") == []


def test_waiting_returns_when_the_time_is_up(owner, command):
    task = tasks.park(owner, command)["task_id"]
    begun = time.monotonic()
    assert ok(owner.get(f"tasks/{task}?wait=1"))["status"] == "pending"
    assert 0.9 < time.monotonic() - begun < 10


def test_waiting_returns_when_the_task_ends(client, node):
    lease = node.leased(client)
    answers = []
    path = f"tasks/{lease['task_id']}?wait=30"
    waiters = [threading.Thread(target=lambda: answers.append(client.get(path, timeout=60)))
               for _ in range(4)]
    begun = time.monotonic()
    for waiter in waiters:
        waiter.start()
    status(node.result(lease, b"done"), 200)
    for waiter in waiters:
        waiter.join()
    assert time.monotonic() - begun < 25
    assert [answer.json()["status"] for answer in answers] == ["completed"] * 4


def test_waiting_for_what_has_ended_does_not_wait(client, node):
    lease = node.leased(client)
    status(node.result(lease), 200)
    begun = time.monotonic()
    assert ok(client.get(f"tasks/{lease['task_id']}?wait=30"))["status"] == "completed"
    assert time.monotonic() - begun < 10


def test_submitting_may_wait(client, node):
    body = tasks.body(tasks.upload(client, modules.echo()), requirements=node.requirements())
    answers = []
    submitter = threading.Thread(
        target=lambda: answers.append(client.post("tasks?wait=30", json=body, timeout=60)))
    submitter.start()
    status(node.result(node.lease_one(), b"answer"), 200)
    submitter.join()
    task = ok(answers[0], 201)
    assert task["status"] == "completed"
    assert output_of(task) == b"answer"


def test_submitting_and_waiting_in_vain_is_201_too(owner, command):
    task = ok(owner.post("tasks?wait=1", json=tasks.parked(command)), 201)
    assert task["status"] == "pending"


@pytest.mark.parametrize("wait", ["-1", "x", "", "1e9"])
def test_a_bad_wait_is_named(owner, command, wait):
    task = tasks.park(owner, command)["task_id"]
    answer = owner.get(f"tasks/{task}?wait={wait}")
    problem(answer, 422)
    assert "wait" in answer.body.decode()


def test_an_unknown_query_parameter_is_named(owner, command):
    answer = owner.get(f"tasks/{tasks.park(owner, command)['task_id']}?colour=red")
    problem(answer, 422)
    assert "colour" in answer.body.decode()


# --- output -------------------------------------------------------------------------------------

def test_output_is_the_raw_bytes(client, node):
    content = bytes(range(256))
    lease = node.leased(client)
    status(node.result(lease, content), 200)
    answer = status(client.get(f"tasks/{lease['task_id']}/output"), 200)
    assert answer.body == content
    assert answer.media_type == "application/octet-stream"


def test_empty_output_is_output(client, node):
    lease = node.leased(client)
    status(node.result(lease, b""), 200)
    assert status(client.get(f"tasks/{lease['task_id']}/output"), 200).body == b""


def test_the_output_of_a_pending_task_is_409(owner, command):
    problem(owner.get(f"tasks/{tasks.park(owner, command)['task_id']}/output"), 409)


def test_the_output_of_a_running_task_is_409(client, node):
    problem(client.get(f"tasks/{node.leased(client)['task_id']}/output"), 409)


def test_the_output_of_a_trapped_task_is_409(client, node):
    lease = node.leased(client)
    status(node.result(lease, status="trap"), 200)
    problem(client.get(f"tasks/{lease['task_id']}/output"), 409)


def test_the_output_after_an_exit_code_is_kept(client, node):
    lease = node.leased(client)
    status(node.result(lease, b"partial", status="exit_code", exit_code=3), 200)
    assert client.get(f"tasks/{lease['task_id']}/output").body == b"partial"


def test_a_failed_or_unfinished_task_has_no_receipt(client, node):
    lease = node.leased(client)
    path = f"tasks/{lease['task_id']}/receipt"
    problem(client.get(path), 404, 409)
    status(node.result(lease, status="trap"), 200)
    problem(client.get(path), 404, 409)


# --- cancelling ---------------------------------------------------------------------------------

def test_a_pending_task_is_cancelled(owner, command):
    task = tasks.park(owner, command)["task_id"]
    assert ok(owner.post(f"tasks/{task}/cancel"))["status"] == "cancelled"
    shown = ok(owner.get(f"tasks/{task}"))
    assert shown["status"] == "cancelled"
    assert shown["failure"]["reason"] == "cancelled"


def test_a_running_task_is_cancelled_and_its_result_refused(client, node):
    lease = node.leased(client)
    ok(client.post(f"tasks/{lease['task_id']}/cancel"))
    problem(node.result(lease, b"too late"), 409)
    assert ok(client.get(f"tasks/{lease['task_id']}"))["status"] == "cancelled"


@pytest.mark.parametrize("outcome", ["ok", "trap"])
def test_what_has_ended_is_not_cancelled(client, node, outcome):
    lease = node.leased(client)
    status(node.result(lease, status=outcome), 200)
    before = ok(client.get(f"tasks/{lease['task_id']}"))
    problem(client.post(f"tasks/{lease['task_id']}/cancel"), 409)
    assert ok(client.get(f"tasks/{lease['task_id']}")) == before


def test_cancelling_twice_is_409(owner, command):
    task = tasks.park(owner, command)["task_id"]
    status(owner.post(f"tasks/{task}/cancel"), 200)
    problem(owner.post(f"tasks/{task}/cancel"), 409)


def test_cancelling_what_is_not_there_is_404(owner):
    problem(owner.post("tasks/none/cancel"), 404)


def test_a_cancelled_task_gives_its_slot_back(client, make_node):
    node = make_node(slots=1)
    lease = node.leased(client)
    status(client.post(f"tasks/{lease['task_id']}/cancel"), 200)
    node.leased(client)


def test_a_cancelled_pending_task_is_never_leased(client, node):
    task = node.submit(client)["task_id"]
    status(client.post(f"tasks/{task}/cancel"), 200)
    assert node.lease() == []


@pytest.mark.parametrize("attempt", range(10))
def test_of_cancel_and_result_at_once_one_wins(client, node, attempt):
    lease = node.leased(client)
    answers = {}
    calls = {"cancel": lambda: client.post(f"tasks/{lease['task_id']}/cancel"),
             "result": lambda: node.result(lease, b"in time")}
    racers = [threading.Thread(target=lambda n=n, c=c: answers.update({n: c()}))
              for n, c in calls.items()]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(answer.status for answer in answers.values()) == [200, 409], answers
    won = "cancelled" if answers["cancel"].status == 200 else "completed"
    assert ok(client.get(f"tasks/{lease['task_id']}"))["status"] == won


# --- dead letters -------------------------------------------------------------------------------

def test_dead_letters_are_the_tasks_that_failed(client, node):
    outcomes = {}
    for outcome in ("ok", "trap", "exit_code", "out_of_gas"):
        lease = node.leased(client)
        status(node.result(lease, status=outcome, exit_code=1), 200)
        outcomes[outcome] = lease["task_id"]
    status(client.post(f"tasks/{tasks.park(client)['task_id']}/cancel"), 200)
    dead = client.items("tasks/dead")
    assert {item["task_id"] for item in dead} == set(outcomes.values()) - {outcomes["ok"]}
    assert {item["failure"]["reason"] for item in dead} == {"trap", "exit_code", "out_of_gas"}


def test_dead_letters_are_ones_own(server, client, node, names):
    status(node.result(node.leased(client), status="trap"), 200)
    assert server.submitter(names("owner")).items("tasks/dead") == []


# --- explaining ---------------------------------------------------------------------------------

EXPLAIN = {"status", "waiting_for", "nodes_total", "nodes_eligible", "constraints"}


def explain(client, **wanted):
    body = tasks.body(tasks.upload(client, modules.echo()),
                      requirements=tasks.requirements(**wanted))
    task = ok(client.post("tasks", json=body), 201)["task_id"]
    try:
        return ok(client.get(f"tasks/{task}/explain"))
    finally:
        client.post(f"tasks/{task}/cancel")


def removed(explanation):
    return {item["constraint"]: item["nodes_removed"] for item in explanation["constraints"]}


def test_explain_has_its_members(owner, command):
    explanation = ok(owner.get(f"tasks/{tasks.park(owner, command)['task_id']}/explain"))
    assert EXPLAIN <= explanation.keys()
    assert explanation["status"] == "pending"
    assert explanation["nodes_eligible"] == 0
    assert explanation["waiting_for"]


def test_explain_says_that_there_are_no_nodes(start_daemon):
    daemon = start_daemon()
    explanation = explain(daemon.submitter())
    assert (explanation["nodes_total"], explanation["nodes_eligible"]) == (0, 0)


def test_explain_counts_each_constraint_by_itself(start_daemon):
    daemon = start_daemon()
    client = daemon.submitter()
    FakeNode(daemon, "a", region="eu", labels={"disk": "ssd"},
             capabilities={**CAPABILITIES, "memory_gb": 4})
    FakeNode(daemon, "b", region="us", capabilities={**CAPABILITIES, "gpu_available": True})
    FakeNode(daemon, "c", region="us", node_type="storage")

    explanation = explain(client, regions=["eu"], require_gpu=True, min_memory_gb=8,
                          labels={"disk": "ssd"}, node_type="compute")
    assert explanation["nodes_total"] == 3
    assert explanation["nodes_eligible"] == 0
    counts = sorted(count for count in removed(explanation).values() if count)
    assert counts == [1, 1, 2, 2, 2], explanation


@pytest.mark.parametrize("wanted, word", [
    ({"regions": ["atlantis"]}, "region"), ({"node_type": "gateway"}, "type"),
    ({"labels": {"no": "where"}}, "label"), ({"require_gpu": True}, "gpu"),
    ({"min_memory_gb": 5000}, "memory"), ({"min_bandwidth_mbps": 90000}, "bandwidth"),
    ({"min_health_score": 100}, "health"),
], ids=str)
def test_explain_names_the_constraint_that_keeps_a_task(client, node, wanted, word):
    counts = removed(explain(client, **wanted))
    assert any(word in name and count >= 1 for name, count in counts.items()), counts


def test_explain_of_a_task_without_free_slots(client, make_node):
    node = make_node(slots=1)
    node.leased(client)
    waiting = node.submit(client)["task_id"]
    explanation = ok(client.get(f"tasks/{waiting}/explain"))
    assert any("slot" in name for name in removed(explanation)), explanation


def test_explain_of_a_running_task_waits_for_nothing(client, node):
    explanation = ok(client.get(f"tasks/{node.leased(client)['task_id']}/explain"))
    assert explanation["status"] == "running"


def test_pointers_of_two_problems_in_one_object(owner, command):
    answer = owner.post("tasks", json=tasks.parked(command, limits={"gas": 0, "x": 1}))
    assert set(pointers(answer)) == {"/limits/gas", "/limits/x"}
