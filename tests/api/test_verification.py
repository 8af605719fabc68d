# SPDX-License-Identifier: Apache-2.0
"""`POST /proofs/verify`, one and many: genuine proofs of every tool, and what is wrong with others."""

import base64
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import zk
from harness.expect import TIME, invalid, invalid_within, ok, problem, status

UNREADABLE = "0" * 64


def verify(client, circuit, statement, **members):
    return ok(client.post("proofs/verify", json={"circuit_id": circuit, **statement, **members}))


def verify_all(client, circuit, statements):
    body = {"circuit_id": circuit, "proofs": statements}
    return ok(client.post("proofs/verify/batch", json=body, timeout=120))["results"]


def of_something_else():
    """A genuine proof, with signals that it is not a proof of."""
    return {**zk.product_proof(), "public_signals": ["12"]}


def receipt(which):
    """A receipt of RISC Zero: the circuit to register, and the statement."""
    sample = zk.samples("risc0")[which]
    journal = base64.b64encode(bytes.fromhex(sample["journal"][2:])).decode()
    return ({"format": "risc0", "image_id": sample["image_id"]},
            {"proof": sample["seal"], "journal": journal})


def genuine():
    """A circuit and a statement of every tool."""
    cubic = {tool: zk.samples(tool)["cubic"] for tool in ("gnark", "arkworks")}
    cases = {"snarkjs": (zk.snarkjs("product", "verification_key"), zk.product_proof())}
    for tool, sample in cubic.items():
        for form in ("", "_raw"):
            cases[tool + form] = ({"format": tool, "key": sample["key"]},
                                  {"proof": sample["proof" + form],
                                   "public_signals": sample["public_signals"]})
    cases["risc0"] = receipt(-1)
    sp1 = next(each for each in zk.samples("sp1") if each["version"].startswith("6.1"))
    values = base64.b64encode(bytes.fromhex(sp1["public_values"][2:])).decode()
    cases["sp1"] = ({"format": "sp1", "program_vkey": sp1["program_vkey"]},
                    {"proof": sp1["proof"], "public_values": values})
    return cases


# --- one ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("tool", genuine())
def test_a_genuine_proof_is_valid(client, tool):
    registration, statement = genuine()[tool]
    circuit = zk.register(client, registration)
    verdict = verify(client, circuit, statement)
    assert verdict.keys() == {"valid", "circuit_id", "verified_at", "verification_time_ms"}
    assert verdict["valid"] is True
    assert verdict["circuit_id"] == circuit
    assert TIME.match(verdict["verified_at"])
    assert verdict["verification_time_ms"] > 0


def test_the_task_id_is_echoed(client):
    verdict = verify(client, zk.product(client), zk.product_proof(), task_id="my task")
    assert verdict["task_id"] == "my task"


def wrong_statements():
    proof = zk.product_proof()["proof"]
    signal = int(zk.product_proof()["public_signals"][0])
    return {
        "of something else": ({}, {"public_signals": ["12"]}),
        "too many signals": ({}, {"public_signals": ["1", "2"]}),
        "too few signals": ({}, {"public_signals": []}),
        "a signal of r and more": ({}, {"public_signals": [str(signal + zk.R)]}),
        "a signal with a leading zero": ({}, {"public_signals": [f"0{signal}"]}),
        "a hexadecimal signal": ({}, {"public_signals": [hex(signal)]}),
        "a point off the curve": ({"pi_a": ["1", "3", "1"]}, {}),
        "infinity": ({"pi_a": ["0", "1", "0"]}, {}),
        "another third coordinate": ({"pi_a": [*proof["pi_a"][:2], "2"]}, {}),
        "another protocol": ({"protocol": "plonk"}, {}),
    }


@pytest.mark.parametrize("what", wrong_statements())
def test_a_wrong_proof_is_invalid_with_the_reason(client, what):
    in_proof, beside = wrong_statements()[what]
    statement = zk.product_proof()
    statement = {**statement, "proof": {**statement["proof"], **in_proof}, **beside}
    verdict = verify(client, zk.product(client), statement)
    assert verdict["valid"] is False
    assert verdict["reason"]


@pytest.mark.parametrize("change,pointer", [
    ({"proof": 1}, "/proof"),
    ({"proof": {}}, "/proof/pi_a"),
    ({"public_signals": "1"}, "/public_signals"),
    ({"public_signals": [1]}, "/public_signals/0"),
    ({"task_id": 1}, "/task_id"),
    ({"journal": ""}, "/journal"),
    ({"circuit_id": "product"}, "/circuit_id"),
    ({"circuit_id": "sha256:" + UNREADABLE}, "/circuit_id"),
])
def test_json_of_the_wrong_shape_is_named(client, change, pointer):
    body = {"circuit_id": zk.product(client), **zk.product_proof(), **change}
    invalid_within(client.post("proofs/verify", json=body), pointer)


def test_all_wrong_members_are_named_at_once(client):
    body = {"circuit_id": zk.product(client), "proof": zk.product_proof()["proof"], "task_id": [],
            "more": 1}
    invalid(client.post("proofs/verify", json=body), "/task_id", "/more", "/public_signals")


def test_bad_base64_is_named(client):
    circuit = zk.register(client, {"format": "gnark",
                                   "key": zk.samples("gnark")["cubic"]["key"]})
    body = {"circuit_id": circuit, "proof": "%", "public_signals": ["1", "2"]}
    invalid(client.post("proofs/verify", json=body), "/proof")


def test_the_circuit_of_another_owner_is_not_there(server, client, names):
    circuit = zk.product(server.submitter(names("owner")))
    body = {"circuit_id": circuit, **zk.product_proof()}
    invalid(client.post("proofs/verify", json=body), "/circuit_id")
    assert verify(server.admin, circuit, zk.product_proof())["valid"]


def test_who_may_only_read_does_not_make_the_server_compute(server):
    problem(server.role("reader").post("proofs/verify", json={}), 403)


def test_a_withdrawn_release_holds_only_if_the_operator_says_so(client, start_daemon):
    withdrawn = next(i for i, each in enumerate(zk.samples("risc0")) if each["version"] == "2.0")
    registration, statement = receipt(withdrawn)
    verdict = verify(client, zk.register(client, registration), statement)
    assert verdict["valid"] is False and "withdrawn" in verdict["reason"]
    daemon = start_daemon(args=["--allow-withdrawn-receipts", "risc0 2.0"])
    assert verify(daemon.admin, zk.register(daemon.admin, registration), statement)["valid"]


def test_a_release_that_is_none_is_a_bad_setting(programs):
    run = programs.run("vcpd", "--check-config", "--allow-withdrawn-receipts", "risc0 9")
    assert run.returncode == 2
    assert b"allow_withdrawn_receipts" in run.stderr


def test_what_was_verified_is_counted(start_daemon):
    daemon = start_daemon()
    circuit = zk.product(daemon.admin)
    verify_all(daemon.admin, circuit, [zk.product_proof(), of_something_else()])
    verify(daemon.admin, circuit, zk.product_proof())
    metrics = status(daemon.admin.get("/metrics"), 200).body.decode()
    assert 'vcp_proofs_verified_total{outcome="valid"} 2' in metrics
    assert 'vcp_proofs_verified_total{outcome="invalid"} 1' in metrics
    assert "vcp_proof_verification_seconds_count 2" in metrics


# --- many ---------------------------------------------------------------------------------------

def test_a_batch_names_the_bad_ones(client):
    statements = [of_something_else() if i % 7 == 3 else zk.product_proof() for i in range(30)]
    results = verify_all(client, zk.product(client), statements)
    assert [result["index"] for result in results] == list(range(30))
    assert [i for i, result in enumerate(results) if not result["valid"]] == [3, 10, 17, 24]
    assert all(result.get("reason") or result["valid"] for result in results)


def test_an_item_that_cannot_be_read_harms_no_other(client):
    good = zk.product_proof()
    bad = [1, {}, {"proof": good["proof"]}, {**good, "proof": "x"}, {**good, "more": 1}]
    results = verify_all(client, zk.product(client), [good, *bad, good])
    assert [result["valid"] for result in results] == [True, *[False] * len(bad), True]
    assert all(result["reason"] for result in results[1:-1])


def test_an_empty_batch_has_no_results(client):
    assert verify_all(client, zk.product(client), []) == []


def test_a_batch_of_the_wrong_shape_is_named(client):
    circuit = zk.product(client)
    invalid(client.post("proofs/verify/batch", json={"circuit_id": circuit}), "/proofs")
    invalid(client.post("proofs/verify/batch", json={"circuit_id": circuit, "proofs": {}}),
            "/proofs")
    body = {"circuit_id": "sha256:" + UNREADABLE, "proofs": []}
    invalid(client.post("proofs/verify/batch", json=body), "/circuit_id")


def test_a_full_pool_is_503_with_retry_after(start_daemon):
    daemon = start_daemon(args=["--pool-threads", "1", "--pool-queue", "1"])
    body = {"circuit_id": zk.product(daemon.admin), "proofs": [of_something_else()] * 100}
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(
            lambda _: daemon.admin.post("proofs/verify/batch", json=body, timeout=120), range(8)))
    refused = [answer for answer in answers if answer.status != 200]
    assert refused
    for answer in refused:
        problem(answer, 503)
