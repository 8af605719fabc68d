# SPDX-License-Identifier: Apache-2.0
"""Circuits: what proofs are verified against, known by what their keys say."""

import json

import pytest

from harness import zk
from harness.expect import HASH, TIME, invalid, invalid_within, ok, pointers, problem, status, unb64

KEY = zk.snarkjs("product", "verification_key")
OTHER_KEY = zk.snarkjs("sealed_sum", "verification_key")


def add(client, body, *statuses):
    return ok(client.post("circuits", json=body), *(statuses or (201,)))


def test_a_snarkjs_key_as_it_is_makes_a_circuit(client):
    answer = status(client.post("circuits", json=KEY), 201)
    circuit = answer.json()
    assert HASH.match(circuit["circuit_id"]) and TIME.match(circuit["created_at"])
    shown = {name: circuit[name] for name in ("protocol", "curve", "format", "n_public")}
    assert shown == {"protocol": "groth16", "curve": "bn254", "format": "snarkjs", "n_public": 1}
    assert answer.header("Location") == f"/api/v1/circuits/{circuit['circuit_id']}"
    assert ok(client.get(f"circuits/{circuit['circuit_id']}")) == circuit


def test_the_id_depends_on_what_the_key_says_alone(client):
    made = add(client, OTHER_KEY)
    shuffled = {name: OTHER_KEY[name] for name in reversed(OTHER_KEY)}
    shuffled.pop("vk_alphabeta_12")
    spaced = json.dumps(shuffled, indent=3).encode()
    again = ok(client.send("POST", "circuits", "application/json", spaced), 200)
    assert again == made
    assert add(client, {"format": "snarkjs", "key": OTHER_KEY}, 200) == made


@pytest.mark.parametrize("body,n_public", [
    ({"format": "gnark", "key": zk.samples("gnark")["cubic"]["key"]}, 2),
    ({"format": "gnark", "key": zk.samples("gnark")["cubic"]["key_raw"]}, 2),
    ({"format": "arkworks", "key": zk.samples("arkworks")["cubic"]["key"]}, 1),
    ({"format": "risc0", "image_id": zk.samples("risc0")[0]["image_id"]}, 5),
    ({"format": "sp1", "program_vkey": zk.samples("sp1")[0]["program_vkey"]}, 5),
], ids=["gnark", "gnark raw", "arkworks", "risc0", "sp1"])
def test_other_tools_have_formats_of_their_own(client, body, n_public):
    circuit = add(client, body)
    assert (circuit["format"], circuit["n_public"]) == (body["format"], n_public)


def test_an_unsafe_key_is_refused_with_the_reason(client):
    unsafe = zk.snarkjs("product", "uncontributed_key")
    assert "anybody can forge" in problem(client.post("circuits", json=unsafe), 422)["detail"]
    wrapped = client.post("circuits", json={"format": "snarkjs", "key": unsafe})
    invalid(wrapped, "/key")
    assert "anybody can forge" in wrapped.json()["errors"][0]["detail"]


def test_what_is_wrong_with_a_key_is_named(client):
    off_curve = {**KEY, "vk_alpha_1": ["1", "3", "1"]}
    assert "not on the curve" in problem(client.post("circuits", json=off_curve), 422)["detail"]
    wrong = {**KEY, "vk_alpha_1": ["01", "2", "1"], "nPublic": "1", "extra": 1}
    wrong.pop("protocol")
    assert set(pointers(client.post("circuits", json=wrong))) == {
        "/vk_alpha_1/0", "/nPublic", "/extra", "/protocol"}


@pytest.mark.parametrize("body,pointer", [
    ({"format": "plonk", "key": KEY}, "/format"),
    ({"format": "gnark", "key": "no base64!"}, "/key"),
    ({"format": "gnark", "key": "AAAA"}, "/key"),
    ({"format": "risc0", "image_id": "0x12"}, "/image_id"),
    ({"format": "sp1"}, "/program_vkey"),
    ([], ""),
])
def test_a_body_that_is_no_circuit_is_named(client, body, pointer):
    invalid_within(client.post("circuits", json=body), pointer)


def test_a_circuit_belongs_to_whoever_uploaded_it(server, names):
    one, other = server.submitter(names("owner")), server.submitter(names("owner"))
    made = add(one, KEY)
    path = f"circuits/{made['circuit_id']}"
    problem(other.get(path), 404)
    assert other.items("circuits") == []
    assert add(other, KEY)["circuit_id"] == made["circuit_id"]
    assert ok(other.get(path))["circuit_id"] == made["circuit_id"]
    assert ok(server.admin.get(path))["circuit_id"] == made["circuit_id"]


def test_circuits_are_listed_a_page_at_a_time(client):
    bodies = [KEY, OTHER_KEY, {"format": "arkworks", "key": zk.samples("arkworks")["cubic"]["key"]}]
    made = [add(client, body) for body in bodies]
    pages = list(client.pages("circuits", limit=2))
    assert [len(page["items"]) for page in pages] == [2, 1]
    listed = [circuit for page in pages for circuit in page["items"]]
    assert listed == sorted(made, key=lambda circuit: circuit["circuit_id"])


def test_the_same_idempotency_key_gives_the_same_answer(client, names):
    headers = {"Idempotency-Key": names("key")}
    first = status(client.post("circuits", json=KEY, headers=headers), 201)
    again = status(client.post("circuits", json=KEY, headers=headers), 201)
    assert again.body == first.body


def test_a_reader_may_look_and_not_add(server, names):
    owner = names("owner")
    made = add(server.submitter(owner), KEY)
    reader = server.role("reader", owner)
    assert reader.items("circuits") == [made]
    problem(reader.post("circuits", json=OTHER_KEY), 403)


def test_circuits_outlive_kill_9(start_daemon):
    daemon = start_daemon()
    made = add(daemon.admin, KEY)
    daemon.kill()
    daemon.start()
    assert daemon.admin.items("circuits") == [made]
    add(daemon.admin, KEY, 200)


def test_vcp_adds_lists_and_shows_them(server, programs, tmp_path):
    def vcp(*arguments):
        run = programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                           "circuits", *arguments)
        assert run.returncode == 0, run
        return run.stdout.decode()

    path = tmp_path / "key"
    path.write_bytes(unb64(zk.samples("gnark")["cubic"]["key"]))
    circuit = vcp("add", path).strip()
    assert HASH.match(circuit)
    assert json.loads(vcp("show", circuit, "--json"))["format"] == "gnark"
    assert circuit in vcp("list")
    assert vcp("add", zk.DATA / "snarkjs" / "product" / "verification_key.json").startswith("sha256")


def test_vcp_sends_no_unsafe_key(server, programs):
    unsafe = zk.DATA / "snarkjs" / "product" / "uncontributed_key.json"
    run = programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                       "circuits", "add", unsafe)
    assert run.returncode == 1
    assert b"anybody can forge" in run.stderr
