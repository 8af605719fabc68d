# SPDX-License-Identifier: Apache-2.0
"""Verification mode `proof`: a result counts if its proof holds and is tied to the task."""

import hashlib
import json

import pytest

from harness import modules, tasks, zk
from harness.expect import invalid, invalid_within, ok, problem
from harness.node import FakeNode
from harness.wait import eventually

SIGNALS = zk.snarkjs("sealed_sum", "public")  # sum, commitment, limit, tag
EVIDENCE = {"proof": zk.snarkjs("sealed_sum", "proof"), "public_signals": SIGNALS}
OUTPUT = f"[{SIGNALS[0]}]".encode()
BIND = ["output[0]", "any", "literal:1000000", "any"]


@pytest.fixture
def circuit(client):
    return zk.register(client, zk.snarkjs("sealed_sum", "verification_key"))


@pytest.fixture
def demand(circuit):
    return {"mode": "proof", "circuit_id": circuit, "bind": BIND}


@pytest.fixture
def team(make_node, names):
    """Two nodes that tasks with the label `team` may go to, one lease each."""
    label = names("team")
    return [make_node(labels={"team": label}, slots=1) for _ in range(2)]


def submit(client, team, verification, **changes):
    wanted = tasks.requirements(labels=team[0].body["labels"])
    return tasks.submit(client, tasks.upload(client, modules.echo()),
                        **{"verification": verification, "requirements": wanted, **changes})


def gather(team):
    """The one lease that is there for the team, and who has it."""
    def look():
        for node in team:
            for lease in node.lease():
                return node, lease
        return None
    return eventually(look, "a lease")


def ended(client, task):
    info = ok(client.get(f"tasks/{task['task_id']}?wait=20", timeout=40))
    assert info["status"] in ("completed", "failed"), info
    return info


def disputed(server, node):
    return ok(server.admin.get(f"nodes/{node.node_id}"))["disputed"]



# --- what is right ------------------------------------------------------------------------------

def test_a_result_with_a_proof_that_is_bound_completes_the_task(client, team, circuit, demand):
    task = submit(client, team, demand)
    assert task["verification"] == demand
    node, lease = gather(team)
    assert lease["proof"] == {"circuit_id": circuit, "bind": BIND}
    ok(node.result(lease, OUTPUT, **EVIDENCE))
    info = ended(client, task)
    assert info["status"] == "completed"
    assert info["answers"][0]["judgement"] == "accepted"
    proof = ok(client.get(f"proofs/{info['proof_id']}"))
    assert proof == {"proof_id": info["proof_id"], "task_id": task["task_id"],
                     "circuit_id": circuit, **EVIDENCE}
    assert ok(client.post("proofs/verify", json={"circuit_id": circuit, **EVIDENCE}))["valid"]
    receipt = ok(client.get(f"tasks/{task['task_id']}/receipt"))["receipt"]
    assert receipt["verification"] == {**demand, "proof_id": info["proof_id"]}


def test_the_proof_id_is_the_hash_of_what_was_proved(client, team, circuit, demand):
    task = submit(client, team, demand)
    node, lease = gather(team)
    ok(node.result(lease, OUTPUT, **EVIDENCE))
    canonical = json.dumps({"circuit_id": circuit, **EVIDENCE}, separators=(",", ":"),
                           sort_keys=True)
    expected = "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()
    assert ended(client, task)["proof_id"] == expected


def test_a_proof_is_its_owners_and_outlives_kill_9(start_daemon):
    daemon = start_daemon()
    client = daemon.submitter("ann")
    node = FakeNode(daemon, "n")
    circuit = zk.register(client, zk.snarkjs("sealed_sum", "verification_key"))
    task = tasks.submit(client, tasks.upload(client, modules.echo()),
                        verification={"mode": "proof", "circuit_id": circuit, "bind": BIND})
    ok(node.result(node.lease_one(), OUTPUT, **EVIDENCE))
    path = f"proofs/{ended(client, task)['proof_id']}"
    shown = ok(client.get(path))
    problem(daemon.submitter("bob").get(path), 404)
    daemon.kill()
    daemon.start()
    assert ok(daemon.submitter("ann").get(path)) == shown
    assert ok(daemon.admin.get(path)) == shown


def test_a_receipt_is_bound_by_the_output(client, team, server):
    sample = zk.samples("risc0")[-1]
    circuit = zk.register(client, {"format": "risc0", "image_id": sample["image_id"]})
    task = submit(client, team, {"mode": "proof", "circuit_id": circuit})
    node, lease = gather(team)
    assert lease["proof"] == {"circuit_id": circuit, "bind": []}
    ok(node.result(lease, b"another journal", proof=sample["seal"]))
    eventually(lambda: disputed(server, node) == 1, "the false output is disputed")
    node, lease = gather(team)
    ok(node.result(lease, bytes.fromhex(sample["journal"][2:]), proof=sample["seal"]))
    assert ended(client, task)["status"] == "completed"


# --- what is wrong ------------------------------------------------------------------------------

BAD = {
    "no proof": (OUTPUT, {}),
    "a proof of something else": (b"[0]", {**EVIDENCE, "public_signals": ["0", *SIGNALS[1:]]}),
    "an output that is not bound": (b"[1275530]", EVIDENCE),
    "an output that is no array": (b"1275529", EVIDENCE),
    "no signals": (OUTPUT, {"proof": EVIDENCE["proof"]}),
    "a proof of no kind": (OUTPUT, {**EVIDENCE, "proof": 1}),
    "a long proof of no kind": (OUTPUT, {**EVIDENCE, "proof": ["x" * 1000] * 10}),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_proof_disputes_the_node_and_the_task_goes_elsewhere(client, team, server, demand,
                                                                   what):
    output, evidence = BAD[what]
    task = submit(client, team, demand)
    liar, lease = gather(team)
    ok(liar.result(lease, output, **evidence))
    eventually(lambda: disputed(server, liar) == 1, "the proof is refused")
    other, second = gather(team)
    assert other is not liar
    ok(other.result(second, OUTPUT, **EVIDENCE))
    info = ended(client, task)
    assert info["status"] == "completed"
    assert [answer["judgement"] for answer in info["answers"]] == ["disputed", "accepted"]


def test_without_retries_a_bad_proof_fails_the_task(client, team, demand):
    task = submit(client, team, demand, max_retries=0)
    node, lease = gather(team)
    ok(node.result(lease, b"[7]", **EVIDENCE))
    info = ended(client, task)
    assert info["failure"]["reason"] == "proof_invalid"
    assert "output[0]" in info["failure"]["detail"]
    assert info["failure"]["attempts"][0]["reason"] == "proof_invalid"
    assert info["proof_id"] is None


def test_a_trap_cannot_be_proved_and_is_final(client, team, demand):
    task = submit(client, team, demand)
    node, lease = gather(team)
    ok(node.result(lease, status="trap"))
    assert ended(client, task)["failure"]["reason"] == "trap"


def test_a_proof_that_was_not_asked_for_is_refused(client, team):
    task = submit(client, team, {"mode": "none"})
    node, lease = gather(team)
    invalid(node.result(lease, OUTPUT, **EVIDENCE), "/proof")
    ok(node.result(lease, OUTPUT))
    assert ended(client, task)["status"] == "completed"


def test_a_proof_is_bounded(client, team, demand):
    submit(client, team, demand)
    node, lease = gather(team)
    invalid(node.result(lease, OUTPUT, proof="x" * 20_000), "/proof")
    invalid(node.result(lease, OUTPUT, proof="x", public_signals=["1" * 600_000]),
            "/public_signals")


def test_a_verification_under_way_is_done_after_a_restart(start_daemon):
    daemon = start_daemon()
    node = FakeNode(daemon, "n")
    client = daemon.submitter("ann")
    circuit = zk.register(client, zk.snarkjs("sealed_sum", "verification_key"))
    task = tasks.submit(client, tasks.upload(client, modules.echo()),
                        verification={"mode": "proof", "circuit_id": circuit, "bind": BIND})
    ok(node.result(node.lease_one(), OUTPUT, **EVIDENCE))
    daemon.kill()
    daemon.start()
    assert ended(daemon.submitter("ann"), task)["status"] == "completed"


def test_a_node_that_makes_no_proofs_hands_the_lease_back(start_daemon, start_node):
    daemon = start_daemon()
    client = daemon.submitter("ann")
    circuit = zk.register(client, zk.snarkjs("sealed_sum", "verification_key"))
    start_node(daemon)
    task = tasks.submit(client, tasks.upload(client, modules.echo()),
                        verification={"mode": "proof", "circuit_id": circuit, "bind": BIND})
    eventually(lambda: ok(client.get(f"tasks/{task['task_id']}"))["attempts"] >= 1, "a lease")
    prover = FakeNode(daemon, "prover")
    ok(prover.result(prover.lease_one(wait=20), OUTPUT, **EVIDENCE))
    info = ended(client, task)
    assert info["status"] == "completed"
    assert info["answers"][0]["node_id"] == "prover"


# --- submission ---------------------------------------------------------------------------------

@pytest.mark.parametrize("change,pointer", [
    ({"circuit_id": "sha256:" + "0" * 64}, "/verification/circuit_id"),
    ({"circuit_id": "x"}, "/verification/circuit_id"),
    ({"bind": BIND[1:]}, "/verification/bind"),
    ({"bind": [*BIND, "any"]}, "/verification/bind"),
    ({"bind": "any"}, "/verification/bind"),
    ({"bind": [*BIND[1:], 1]}, "/verification/bind/3"),
    ({"bind": [*BIND[1:], "gas"]}, "/verification/bind/3"),
    ({"bind": [*BIND[1:], "output[-1]"]}, "/verification/bind/3"),
    ({"bind": [*BIND[1:], f"literal:{zk.R}"]}, "/verification/bind/3"),
    ({"bind": [*BIND[1:], "module_sha256"]}, "/verification/bind/3"),
    ({"probability": 1}, "/verification/probability"),
])
def test_a_wrong_demand_is_refused(client, demand, change, pointer):
    module = tasks.upload(client, modules.echo())
    answer = client.post("tasks", json=tasks.body(module, verification={**demand, **change}))
    invalid(answer, pointer)


@pytest.mark.parametrize("missing", ["circuit_id", "bind"])
def test_a_demand_without_its_members_is_refused(client, demand, missing):
    demand.pop(missing)
    module = tasks.upload(client, modules.echo())
    invalid(client.post("tasks", json=tasks.body(module, verification=demand)),
            f"/verification/{missing}")


def test_the_circuit_of_another_owner_is_not_there(server, client, names):
    other = server.submitter(names("owner"))
    circuit = zk.register(other, zk.snarkjs("sealed_sum", "verification_key"))
    demand = {"mode": "proof", "circuit_id": circuit, "bind": BIND}
    body = tasks.body(tasks.upload(client, modules.echo()), verification=demand)
    invalid(client.post("tasks", json=body), "/verification/circuit_id")


def test_a_receipt_takes_no_bind(client):
    image = zk.samples("risc0")[-1]["image_id"]
    circuit = zk.register(client, {"format": "risc0", "image_id": image})
    demand = {"mode": "proof", "circuit_id": circuit, "bind": ["any"] * 5}
    body = tasks.body(tasks.upload(client, modules.echo()), verification=demand)
    invalid(client.post("tasks", json=body), "/verification/bind")


def test_a_gang_proves_nothing(client, demand):
    body = tasks.body(tasks.upload(client, modules.echo()), verification=demand,
                      requirements=tasks.requirements(min_nodes=2))
    invalid_within(client.post("tasks", json=body), "/verification")


@pytest.mark.parametrize("verification", [None, {"mode": "none"}, {"mode": "recheck"}])
def test_require_proof_needs_the_mode(client, verification):
    body = tasks.body(tasks.upload(client, modules.echo()),
                      requirements=tasks.requirements(require_proof=True))
    if verification:
        body["verification"] = verification
    invalid_within(client.post("tasks", json=body), "/verification")


def test_require_proof_with_the_mode_is_fine(client, demand):
    wanted = tasks.requirements(require_proof=True, labels={"placed": "never"})
    body = tasks.body(tasks.upload(client, modules.echo()), verification=demand,
                      requirements=wanted)
    assert ok(client.post("tasks", json=body), 201)["status"] == "pending"


def test_a_proof_that_nobody_made_is_not_there(client):
    problem(client.get("proofs/sha256:" + "0" * 64), 404)
    problem(client.get("proofs/x"), 404)
