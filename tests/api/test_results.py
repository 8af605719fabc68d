# SPDX-License-Identifier: Apache-2.0
"""Results: one by one and many at once, fencing by epochs, repeating, retries, limits."""

import hashlib
import json

import pytest

from harness import modules, tasks
from harness.expect import (invalid, invalid_within, ok, output_of, problem, status,
                            task_info)

RETRIED = ["timeout"]
FINAL = ["trap", "out_of_gas", "exit_code", "stack_overflow", "out_of_memory",
         "output_too_large", "module_invalid"]


def show(client, lease):
    return task_info(ok(client.get(f"tasks/{lease['task_id']}")))


# --- one by one ---------------------------------------------------------------------------------

def test_a_result_completes_the_task(client, node):
    lease = node.leased(client)
    answer = node.result(lease, b"hello \xf0\x9f\x8c\x8d", log="note", gas_used=42,
                         execution_time_ms=7)
    assert ok(answer)["status"] == "completed"
    task = show(client, lease)
    result = task["result"]
    assert task["status"] == "completed"
    assert task.get("failure") is None
    assert output_of(task) == b"hello \xf0\x9f\x8c\x8d"
    assert result["output_text"] == "hello \U0001f30d"
    assert result["output_sha256"].removeprefix("sha256:") == hashlib.sha256(
        output_of(task)).hexdigest()
    assert (result["log"], result["exit_code"], result["gas_used"]) == ("note", 0, 42)
    assert result["execution_time_ms"] == 7


def test_output_that_is_no_utf8_has_no_text(client, node):
    lease = node.leased(client)
    ok(node.result(lease, b"\xff\xfe"))
    assert show(client, lease)["result"].get("output_text") is None


def test_an_output_hash_is_written_like_every_hash(client, node):
    lease = node.leased(client)
    ok(node.result(lease, b"x"))
    assert show(client, lease)["result"]["output_sha256"].startswith("sha256:")


def test_the_same_result_again_is_200(client, node):
    lease = node.leased(client)
    ok(node.result(lease, b"once"))
    before = show(client, lease)
    ok(node.result(lease, b"once"))
    assert show(client, lease) == before


def test_another_result_of_the_same_lease_is_refused(client, node):
    lease = node.leased(client)
    ok(node.result(lease, b"first"))
    problem(node.result(lease, b"second"), 409)
    assert output_of(show(client, lease)) == b"first"


@pytest.mark.parametrize("change", [-1, 1, 1000])
def test_a_stale_or_invented_epoch_is_409(client, node, change):
    lease = node.leased(client)
    problem(node.result({**lease, "epoch": lease["epoch"] + change}, b"x"), 409)
    assert show(client, lease)["status"] == "running"


def test_a_result_of_no_task_is_404(client, node):
    lease = node.leased(client)
    problem(node.result({**lease, "task_id": "none"}, b"x"), 404)


def test_a_result_without_a_lease_is_409(client, node):
    task = tasks.park(client)
    problem(node.result({"task_id": task["task_id"], "epoch": 1}, b"x"), 404, 409)


@pytest.mark.parametrize("change, pointer", [
    ({"epoch": "1"}, "/epoch"), ({"epoch": -1}, "/epoch"), ({"epoch": 1.5}, "/epoch"),
    ({"status": "great"}, "/status"), ({"status": 0}, "/status"),
    ({"output": "???"}, "/output"), ({"output": 5}, "/output"), ({"log": 5}, "/log"),
    ({"exit_code": "0"}, "/exit_code"), ({"gas_used": -1}, "/gas_used"),
    ({"execution_time_ms": -1}, "/execution_time_ms"), ({"mood": 1}, "/mood"),
    ({"node_id": 5}, "/node_id"),
], ids=str)
def test_a_bad_member_is_named(client, node, change, pointer):
    lease = node.leased(client)
    body = {**node.result_body(lease), **change}
    invalid(node.client.post(f"tasks/{lease['task_id']}/result", json=body), pointer)
    ok(node.result(lease, b"good"))


@pytest.mark.parametrize("member", ["node_id", "epoch", "status"])
def test_a_missing_member_is_named(client, node, member):
    lease = node.leased(client)
    body = node.result_body(lease)
    del body[member]
    invalid(node.client.post(f"tasks/{lease['task_id']}/result", json=body), f"/{member}")


@pytest.mark.parametrize("reason", FINAL)
def test_what_is_deterministic_is_final(client, node, reason):
    lease = node.leased(client)
    ok(node.result(lease, b"", status=reason, exit_code=4, log="last words"))
    task = show(client, lease)
    assert task["status"] == "failed"
    assert task["failure"]["reason"] == reason
    assert isinstance(task["failure"]["detail"], str)
    attempts = task["failure"]["attempts"]
    assert [(a["node_id"], a["epoch"], a["reason"]) for a in attempts] == [
        (node.node_id, lease["epoch"], reason)]
    assert node.lease() == [], "not retried"


def test_an_exit_code_keeps_output_and_log(client, node):
    lease = node.leased(client)
    ok(node.result(lease, b"partial", status="exit_code", exit_code=42, log="why"))
    task = show(client, lease)
    assert task["status"] == "failed"
    assert task["result"]["exit_code"] == 42
    assert task["result"]["log"] == "why"
    assert output_of(task) == b"partial"


@pytest.mark.parametrize("reason", RETRIED)
def test_what_is_the_nodes_fault_is_retried_until_the_retries_are_spent(client, node, reason):
    lease = node.leased(client, max_retries=1)
    ok(node.result(lease, status=reason))
    again = node.lease_one(30)
    assert again["task_id"] == lease["task_id"]
    assert again["epoch"] > lease["epoch"]
    ok(node.result(again, status=reason))
    task = show(client, lease)
    assert task["status"] == "failed"
    assert task["failure"]["reason"] == reason
    assert len(task["failure"]["attempts"]) == task["attempts"] == 2


def test_a_retry_that_succeeds_completes_the_task(client, node):
    lease = node.leased(client)
    ok(node.result(lease, status="timeout"))
    ok(node.result(node.lease_one(30), b"at last"))
    task = show(client, lease)
    assert task["status"] == "completed"
    assert output_of(task) == b"at last"


def test_a_retry_goes_to_another_node_where_one_is_free(client, make_node):
    group = {"labels": {"group": "elsewhere"}}
    first, second = make_node(**group), make_node(**group)
    tasks.submit(client, requirements=tasks.requirements(**group))
    lease = first.lease_one()
    ok(first.result(lease, status="timeout"))
    assert first.lease(1, 1) == []
    assert second.lease_one(30)["task_id"] == lease["task_id"]


# --- sizes --------------------------------------------------------------------------------------

def test_an_output_of_exactly_the_limit_is_fine(client, node):
    lease = node.leased(client, limits={"output_bytes": 1000})
    ok(node.result(lease, b"x" * 1000))
    assert show(client, lease)["status"] == "completed"


def test_an_output_above_the_limit_does_not_complete(client, node):
    lease = node.leased(client, limits={"output_bytes": 1000})
    answer = node.result(lease, b"x" * 1001)
    if answer.status == 200:
        assert show(client, lease)["failure"]["reason"] == "output_too_large"
    else:
        problem(answer, 413, 422)


def test_a_large_output_that_the_task_allows_is_taken(client, node):
    content = bytes(range(256)) * (16 * 2**20 // 256)
    lease = node.leased(client, limits={"output_bytes": len(content)})
    ok(node.result(lease, content))
    answer = status(client.get(f"tasks/{lease['task_id']}/output", timeout=60), 200)
    assert answer.body == content


def test_a_body_above_1_4_times_the_limit_is_refused(client, node):
    lease = node.leased(client, limits={"output_bytes": 2**20})
    answer = node.result(lease, b"x" * (32 * 2**20))
    problem(answer, 413, 422)


def test_a_log_is_kept_to_64_kib(client, node):
    lease = node.leased(client)
    answer = node.result(lease, b"", log="l" * 100_000)
    if answer.status == 200:
        result = show(client, lease)["result"]
        assert len(result["log"]) <= 65536
        assert result["log_truncated"] is True
    else:
        problem(answer, 413, 422)


# --- many at once -------------------------------------------------------------------------------

def leases_of(node, client, count):
    module = tasks.upload(client, modules.echo())
    for _ in range(count):
        node.submit(client, module)
    leases = node.lease(count, 5)
    while len(leases) < count:
        leases += node.lease(count - len(leases), 5)
    return leases


def with_task(node, lease, output=b"", **changes):
    return {"task_id": lease["task_id"], **node.result_body(lease, output, **changes)}


def test_many_results_have_an_outcome_each_in_order(client, make_node):
    node = make_node(slots=50)
    leases = leases_of(node, client, 50)
    answer = status(node.results([with_task(node, lease, str(i).encode())
                                  for i, lease in enumerate(leases)]), 200)
    assert answer.media_type == "application/x-ndjson"
    assert len(answer.ndjson()) == 50
    for i, lease in enumerate(leases):
        assert output_of(show(client, lease)) == str(i).encode()


def test_a_bad_line_harms_no_other(client, make_node):
    node = make_node(slots=5)
    first, stale, bad, last = leases_of(node, client, 4)
    lines = [json.dumps(with_task(node, first, b"1")),
             json.dumps(with_task(node, {**stale, "epoch": stale["epoch"] + 999}, b"2")),
             json.dumps(with_task(node, bad, status="great")),
             "{ not json",
             json.dumps(with_task(node, last, b"4"))]
    answer = status(node.client.send("POST", f"nodes/{node.node_id}/results",
                                     "application/x-ndjson", "\r\n".join(lines).encode()), 200)
    outcomes = answer.ndjson()
    assert len(outcomes) == 5
    assert show(client, first)["status"] == "completed"
    assert show(client, stale)["status"] == "running"
    assert show(client, bad)["status"] == "running"
    assert show(client, last)["status"] == "completed"
    text = [json.dumps(outcome) for outcome in outcomes]
    assert "409" in text[1] and "/status" in text[2] and "400" in text[3], outcomes


def test_many_results_again_are_the_same_outcomes(client, make_node):
    node = make_node(slots=5)
    bodies = [with_task(node, lease, b"x") for lease in leases_of(node, client, 3)]
    first = status(node.results(bodies), 200).ndjson()
    again = status(node.results(bodies), 200).ndjson()
    assert len(first) == len(again) == 3
    assert [outcome["status"] for outcome in again] == ["completed"] * 3


def test_no_results_are_no_outcomes(node):
    assert status(node.results([]), 200).ndjson() == []


def test_one_lease_twice_in_one_request_counts_once(client, make_node):
    node = make_node(slots=2)
    lease, = leases_of(node, client, 1)
    outcomes = status(node.results([with_task(node, lease, b"first"),
                                    with_task(node, lease, b"second")]), 200).ndjson()
    assert output_of(show(client, lease)) == b"first"
    assert "409" in json.dumps(outcomes[1])


def test_results_of_another_node_are_refused(client, make_node):
    holder, thief = make_node(), make_node()
    lease = holder.leased(client)
    line = {"task_id": lease["task_id"], **holder.result_body(lease, b"stolen")}
    answer = thief.results([line])
    assert answer.status in (200, 403), answer
    assert show(client, lease)["status"] == "running"


def test_a_base64_of_nothing_is_nothing(client, node):
    lease = node.leased(client)
    body = {**node.result_body(lease), "output": "="}
    invalid_within(node.client.post(f"tasks/{lease['task_id']}/result", json=body), "/output")
    ok(node.result(lease, b""))


def test_free_slots_return_with_many_results(server, client, make_node):
    node = make_node(slots=4)
    leases = leases_of(node, client, 4)
    status(node.results([with_task(node, lease) for lease in leases]), 200)
    assert ok(server.admin.get(f"nodes/{node.node_id}"))["slots_free"] == 4
