# SPDX-License-Identifier: Apache-2.0
"""Tokens: making, using, listing, revoking, expiring, and what each role may do."""

from datetime import datetime, timedelta, timezone

import pytest

from harness import tasks
from harness.expect import TIME, b64, invalid, ok, problem, status
from harness.modules import calculator, echo
from harness.node import registration
from harness.wait import eventually


def at(seconds):
    """RFC 3339, that many seconds from now."""
    moment = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def make(server, **body):
    return ok(server.admin.post("tokens", json=body), 201)


# --- making -------------------------------------------------------------------------------------

@pytest.mark.parametrize("role", ["admin", "submitter", "reader", "join"])
def test_a_new_token_serves(server, role):
    made = make(server, role=role)
    if role == "join":
        problem(server.client(made["token"]).get("tasks"), 403)
    else:
        status(server.client(made["token"]).get("tasks"), 200)


def test_the_answer_has_the_token_and_what_it_is(server):
    made = make(server, role="reader", owner="team_a-1", name="dashboard")
    assert {"token", "token_id", "role", "owner", "name", "created_at", "expires_at"} <= made.keys()
    assert (made["role"], made["owner"], made["name"]) == ("reader", "team_a-1", "dashboard")
    assert TIME.match(made["created_at"])
    assert made["expires_at"] is None


def test_the_owner_is_default_if_not_named(server):
    assert make(server, role="reader")["owner"] == "default"


def test_a_token_has_at_least_256_random_bits(server):
    tokens = {make(server, role="reader")["token"] for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 43 for token in tokens), "256 bits are 43 characters of base64"


def test_the_answer_is_not_to_be_stored(server):
    answer = status(server.admin.post("tokens", json={"role": "reader"}), 201)
    assert answer.header("Cache-Control") == "no-store"


def test_the_administrators_token_file_is_private(server):
    path = server.data_dir / "admin.token"
    assert path.stat().st_mode & 0o777 == 0o600
    assert server.data_dir.stat().st_mode & 0o777 == 0o700
    assert len(path.read_text().split()) == 1


@pytest.mark.parametrize("body, pointer", [
    ({}, "/role"),
    ({"role": "emperor"}, "/role"),
    ({"role": "node"}, "/role"),
    ({"role": 1}, "/role"),
    ({"role": "reader", "owner": "Capital"}, "/owner"),
    ({"role": "reader", "owner": ""}, "/owner"),
    ({"role": "reader", "owner": "x" * 65}, "/owner"),
    ({"role": "reader", "owner": "a b"}, "/owner"),
    ({"role": "reader", "owner": 7}, "/owner"),
    ({"role": "reader", "name": 7}, "/name"),
    ({"role": "reader", "expires_at": "tomorrow"}, "/expires_at"),
    ({"role": "reader", "expires_at": 1}, "/expires_at"),
    ({"role": "reader", "expires_at": "2001-01-01T00:00:00.000Z"}, "/expires_at"),
    ({"role": "reader", "expires_at": "2031-02-30T00:00:00.000Z"}, "/expires_at"),
    ({"role": "reader", "colour": "red"}, "/colour"),
], ids=lambda value: str(value)[:40])
def test_a_bad_field_is_named(server, body, pointer):
    invalid(server.admin.post("tokens", json=body), pointer)


@pytest.mark.parametrize("role", ["submitter", "reader", "join"])
def test_only_an_administrator_makes_tokens(server, role):
    answer = server.role(role).post("tokens", json={"role": "reader"})
    problem(answer, 403)


def test_an_owner_of_64_characters_is_fine(server):
    assert make(server, role="reader", owner="x" * 64)["owner"] == "x" * 64


# --- presenting ---------------------------------------------------------------------------------

@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_name_of_the_scheme_is_case_insensitive(server, scheme):
    headers = {"Authorization": f"{scheme} {server.admin_token}"}
    status(server.anonymous.get("tasks", headers=headers), 200)


@pytest.mark.parametrize("value", [
    "", "Bearer", "Bearer ", "Basic YTpi", "Bearer x", "Bearer a b", "token",
    "Bearer " + "x" * 4000,
], ids=lambda value: value[:12] or "empty")
def test_what_is_no_token_is_401(server, value):
    problem(server.anonymous.get("tasks", headers={"Authorization": value}), 401)


def test_no_header_is_401(server):
    problem(server.anonymous.get("tasks"), 401)


def test_a_token_in_the_query_does_not_count(server):
    for name in ("token", "access_token"):
        answer = server.anonymous.get(f"tasks?{name}={server.admin_token}")
        problem(answer, 401, 422)


def test_two_authorization_headers_do_not_serve(server):
    with server.raw() as raw:
        line = f"Authorization: Bearer {server.admin_token}\r\n"
        raw.send(f"GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\n{line}{line}\r\n".encode())
        assert raw.response().status in (400, 401)


# --- listing and revoking -----------------------------------------------------------------------

def test_the_list_tells_no_secret(server):
    made = make(server, role="reader", name="listed")
    answer = server.admin.get("tokens?limit=1000")
    assert made["token"].encode() not in answer.body
    listed = {item["token_id"]: item for item in server.admin.items("tokens")}
    item = listed[made["token_id"]]
    assert (item["role"], item["owner"], item["name"]) == ("reader", "default", "listed")
    assert "token" not in item


def test_a_revoked_token_is_401_at_once(server):
    made = make(server, role="reader")
    client = server.client(made["token"])
    status(client.get("tasks"), 200)
    status(server.admin.delete(f"tokens/{made['token_id']}"), 204)
    problem(client.get("tasks"), 401)


def test_revoking_twice_is_404(server):
    made = make(server, role="reader")
    status(server.admin.delete(f"tokens/{made['token_id']}"), 204)
    problem(server.admin.delete(f"tokens/{made['token_id']}"), 404)


def test_revoking_what_is_not_there_is_404(server):
    problem(server.admin.delete("tokens/none"), 404)


@pytest.mark.parametrize("role", ["reader", "join"])
def test_others_neither_list_nor_revoke(server, role):
    problem(server.role(role).get("tokens"), 403)
    problem(server.role(role).delete("tokens/none"), 403, 404)


def test_an_expired_token_is_401(server):
    made = make(server, role="reader", expires_at=at(2))
    assert TIME.match(made["expires_at"])
    client = server.client(made["token"])
    status(client.get("tasks"), 200)
    eventually(lambda: client.get("tasks").status == 401, "expiry of the token", 6, 0.1)
    problem(client.get("tasks"), 401)


def test_expires_at_may_have_an_offset_and_no_fraction(server):
    made = make(server, role="reader", expires_at="2099-01-01T02:00:00+02:00")
    assert made["expires_at"] == "2099-01-01T00:00:00.000Z"


def test_no_token_stands_in_the_log(server):
    made = make(server, role="reader")
    server.client(made["token"]).get("tasks")
    server.anonymous.get(f"tasks?token={made['token']}")
    server.anonymous.get("tasks", headers={"Authorization": f"Basic {made['token']}"})
    logs = server.all_logs()
    assert made["token"].encode() not in logs
    assert server.admin_token.encode() not in logs


def test_no_token_stands_in_the_data_directory(server):
    made = make(server, role="reader")
    secret = made["token"].encode()
    for path in server.data_dir.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path


# --- roles --------------------------------------------------------------------------------------

WRITES = [
    ("POST", "modules"), ("DELETE", "modules/sha256:" + "0" * 64),
    ("POST", "blobs"), ("DELETE", "blobs/sha256:" + "0" * 64),
    ("POST", "tasks"), ("POST", "tasks/batch"), ("POST", "tasks/none/cancel"),
]
READS = ["tasks", "tasks/none", "tasks/dead", "tasks/none/output", "tasks/none/explain",
         "modules", "modules/none", "blobs/none", "nodes", "nodes/none"]
NODE_CALLS = [("PUT", "nodes/none/heartbeat"), ("POST", "nodes/none/leases"),
              ("POST", "nodes/none/results"), ("POST", "tasks/none/result")]
OPERATOR_CALLS = [("DELETE", "nodes/none"), ("POST", "nodes/none/drain"),
                  ("POST", "nodes/none/undrain")]


def call(client, method, path):
    return client.request(method, path, json={}) if method != "DELETE" else client.delete(path)


def readable(value):
    return value if isinstance(value, str) else " ".join(value)


@pytest.mark.parametrize("write", WRITES, ids=readable)
@pytest.mark.parametrize("role", ["reader", "join"])
def test_a_role_that_may_not_write_is_403(server, role, write):
    problem(call(server.role(role), *write), 403)


@pytest.mark.parametrize("path", READS)
def test_a_join_token_registers_nodes_and_nothing_else(server, path):
    problem(server.role("join").get(path), 403)


@pytest.mark.parametrize("path", READS)
def test_a_reader_reads_what_a_submitter_reads(server, path):
    reader, submitter = (server.role(role).get(path) for role in ("reader", "submitter"))
    assert reader.status == submitter.status
    assert reader.status in (200, 404)


@pytest.mark.parametrize("write", NODE_CALLS, ids=readable)
@pytest.mark.parametrize("role", ["submitter", "reader", "join"])
def test_nobody_plays_a_node_but_nodes_and_administrators(server, role, write):
    problem(call(server.role(role), *write), 403)


@pytest.mark.parametrize("write", OPERATOR_CALLS, ids=readable)
@pytest.mark.parametrize("role", ["submitter", "reader", "join"])
def test_nodes_are_an_operators_business(server, role, write):
    problem(call(server.role(role), *write), 403)


@pytest.mark.parametrize("role", ["submitter", "reader"])
def test_only_join_and_admin_tokens_register(server, names, role):
    problem(server.role(role).post("nodes", json=registration(names("node"))), 403)


def test_an_administrator_registers_and_plays_any_node(server, node, names, client):
    ok(server.admin.post("nodes", json=registration(names("node"))), 201)
    task = node.submit(client)
    leases = ok(server.admin.post(f"nodes/{node.node_id}/leases?wait=10"))["leases"]
    assert [lease["task_id"] for lease in leases] == [task["task_id"]]
    answer = server.admin.post(f"tasks/{task['task_id']}/result",
                               json=node.result_body(leases[0], b"by hand"))
    status(answer, 200)


def test_a_nodes_token_is_for_its_own_node(server, make_node):
    one, other = make_node(), make_node()
    path = f"nodes/{other.node_id}/heartbeat"
    problem(one.client.put(path, json={"telemetry": {}, "leases": []}), 403, 404)
    problem(one.client.post(f"nodes/{other.node_id}/leases"), 403, 404)
    problem(one.client.post("nodes", json=registration(other.node_id)), 403, 409)


def test_a_nodes_token_does_not_register_another_id(server, node, names):
    problem(node.client.post("nodes", json=registration(names("node"))), 403)


def test_a_node_answers_for_no_other_nodes_lease(server, make_node, client):
    holder, thief = make_node(), make_node()
    lease = holder.leased(client)
    body = holder.result_body(lease, b"stolen")
    problem(thief.client.post(f"tasks/{lease['task_id']}/result", json=body), 403, 404)
    body["node_id"] = thief.node_id
    problem(thief.client.post(f"tasks/{lease['task_id']}/result", json=body), 404, 409)


@pytest.mark.parametrize("path", ["tasks", "nodes", "tokens", "modules"])
def test_a_node_reads_no_lists(node, path):
    problem(node.client.get(path), 403)


def test_a_node_reads_content_for_leases_it_holds_only(node, client, names):
    wanted = tasks.upload(client, echo())
    other = tasks.upload(client, calculator())
    blob = ok(client.send("POST", "blobs", "application/octet-stream", names("blob").encode()),
              201)["blob_id"]
    problem(node.client.get(f"modules/{wanted}/content"), 403, 404)
    lease = node.leased(client, module_id=wanted, input_blob=blob)
    status(node.client.get(f"modules/{wanted}/content"), 200)
    status(node.client.get(f"blobs/{blob}/content"), 200)
    problem(node.client.get(f"modules/{other}/content"), 403, 404)
    status(node.result(lease, b""), 200)
    problem(node.client.get(f"modules/{wanted}/content"), 403, 404)
    problem(node.client.get(f"blobs/{blob}/content"), 403, 404)


def test_an_administrator_sees_every_owner_and_creates_for_its_own(server, client):
    task = tasks.park(client)
    assert ok(server.admin.get(f"tasks/{task['task_id']}"))["owner"] == task["owner"]
    assert tasks.park(server.admin)["owner"] == "default"


def test_base64_is_what_tokens_are_not_confused_with(server):
    headers = {"Authorization": "Bearer " + b64(server.admin_token.encode())}
    problem(server.anonymous.get("tasks", headers=headers), 401)
