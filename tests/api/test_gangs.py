# SPDX-License-Identifier: Apache-2.0
"""Tasks of several nodes: placed together or not at all, ranks, parts, failures."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import modules, tasks
from harness.expect import ok, status, unb64
from harness.wait import eventually


@pytest.fixture
def mates(make_node, names):
    """Three played nodes that only the gang of this test can use."""
    team = names("team")
    return [make_node(labels={"team": team}) for _ in range(3)]


def submit(client, mates, size, **changes):
    wanted = tasks.requirements(min_nodes=size, labels={"team": mates[0].body["labels"]["team"]})
    return tasks.submit(client, requirements=wanted, **changes)


def take_leases(mates):
    """What the nodes are given once all of them ask: pairs of node and lease, by rank."""
    with ThreadPoolExecutor(len(mates)) as pool:
        given = list(pool.map(lambda mate: (mate, mate.lease(1, 3)), mates))
    pairs = [(mate, leases[0]) for mate, leases in given if leases]
    return sorted(pairs, key=lambda pair: pair[1]["rank"])


def test_a_gang_waits_until_all_of_it_can_be_placed(client, mates):
    task = submit(client, mates, 3)
    assert mates[0].lease(1, 1) == []
    assert ok(client.get(f"tasks/{task['task_id']}"))["status"] == "pending"
    leases = [lease for _, lease in take_leases(mates)]
    assert sorted(lease["rank"] for lease in leases) == [0, 1, 2]
    assert {lease["size"] for lease in leases} == {3}
    assert len({lease["epoch"] for lease in leases}) == 3
    info = ok(client.get(f"tasks/{task['task_id']}"))
    assert info["status"] == "running"
    assert sorted(info["assigned_nodes"]) == sorted(mate.node_id for mate in mates)


def test_the_output_is_the_parts_in_the_order_of_ranks(client, mates):
    task = submit(client, mates, 3)
    large = b"x" * 10_000
    outputs = [b"zero", large, b"two"]
    for mate, lease in reversed(take_leases(mates)):
        ok(mate.result(lease, outputs[lease["rank"]], rank=lease["rank"]))
    info = ok(client.get(f"tasks/{task['task_id']}?wait=10"))
    assert info["status"] == "completed", info
    whole = b"".join(outputs)
    assert unb64(info["result"]["output"]) == whole
    assert info["result"]["output_sha256"] == "sha256:" + hashlib.sha256(whole).hexdigest()
    parts = info["result"]["parts"]
    assert [unb64(part["output"]) for part in parts] == outputs
    assert client.get(f"tasks/{task['task_id']}/output").body == whole


def test_a_rank_that_fails_has_the_whole_gang_placed_again(client, mates):
    task = submit(client, mates, 2)
    first = take_leases(mates)
    assert len(first) == 2
    ok(first[0][0].result(first[0][1], b"kept?", rank=0))
    ok(first[1][0].result(first[1][1], status="node_error", rank=1))
    second = eventually(lambda: take_leases(mates), "the gang is placed again")
    assert min(lease["epoch"] for _, lease in second) > max(lease["epoch"] for _, lease in first)
    for mate, lease in second:
        ok(mate.result(lease, b"ab"[lease["rank"]:lease["rank"] + 1], rank=lease["rank"]))
    info = ok(client.get(f"tasks/{task['task_id']}?wait=10"))
    assert unb64(info["result"]["output"]) == b"ab"


def test_a_rank_that_traps_fails_the_gang(client, mates):
    task = submit(client, mates, 2)
    pairs = take_leases(mates)
    ok(pairs[1][0].result(pairs[1][1], status="trap", rank=1))
    info = ok(client.get(f"tasks/{task['task_id']}"))
    assert info["status"] == "failed"
    assert info["failure"]["reason"] == "trap"
    status(pairs[0][0].result(pairs[0][1], b"late", rank=0), 409)
    cancelled = ok(pairs[0][0].heartbeat([pairs[0][1]]))["cancelled"]
    assert [lease["task_id"] for lease in cancelled] == [task["task_id"]]


def test_a_gang_larger_than_the_mesh_is_explained(client, mates):
    task = submit(client, mates, 4)
    told = ok(client.get(f"tasks/{task['task_id']}/explain"))
    assert told["waiting_for"] == "eligible_nodes"
    assert told["nodes_eligible"] == 3


def test_small_tasks_do_not_starve_a_gang(client, mates):
    submit_small = lambda: tasks.submit(  # noqa: E731
        client, requirements=tasks.requirements(labels={"team": mates[0].body["labels"]["team"]}))
    pair = mates[:2]
    status(mates[2].daemon.admin.delete(f"nodes/{mates[2].node_id}"), 204)
    for mate in pair:
        mate.register(slots=1)
    submit_small()
    held = {pair[0].node_id: pair[0].lease_one()}
    gang = submit(client, pair, 2)

    def a_round():
        for mate in pair:
            submit_small()
            if mate.node_id in held:
                ok(mate.result(held.pop(mate.node_id)))
            given = mate.lease(1, 0.2)
            if given:
                held[mate.node_id] = given[0]
        return ok(client.get(f"tasks/{gang['task_id']}"))["status"] != "pending"

    eventually(a_round, "the gang is placed")


def test_a_program_reads_its_rank_and_size(server, start_node):
    client = server.submitter("gangs-with-real-nodes")
    for number in range(2):
        start_node(server, node_id=f"real-{number}", args=["--label", "team=real"])
    wanted = tasks.requirements(min_nodes=2, labels={"team": "real"})
    info = tasks.completed(client, modules.environment(), requirements=wanted)
    parts = [unb64(part["output"]) for part in info["result"]["parts"]]
    for rank, part in enumerate(parts):
        assert f"VCP_RANK={rank}".encode() in part, part
        assert b"VCP_SIZE=2" in part, part
