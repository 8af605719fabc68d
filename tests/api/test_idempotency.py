# SPDX-License-Identifier: Apache-2.0
"""Idempotency-Key on every POST that creates."""

import threading

import pytest

from harness import modules, tasks
from harness.expect import ok, problem, status
from harness.node import registration


@pytest.fixture
def key(names):
    value = names("key")
    return {"Idempotency-Key": value}


@pytest.fixture
def module(client):
    return tasks.upload(client, modules.echo())


def test_a_submission_again_is_the_same_task(client, module, key):
    body = tasks.parked(module, inputs=1)
    first = status(client.post("tasks", json=body, headers=key), 201)
    again = status(client.post("tasks", json=body, headers=key), 201)
    assert again.json() == first.json()
    assert again.header("Location") == first.header("Location")
    assert len(client.items("tasks")) == 1


def test_the_replay_is_the_first_answer_also_when_the_task_has_changed(client, module, key):
    body = tasks.parked(module)
    first = ok(client.post("tasks", json=body, headers=key), 201)
    status(client.post(f"tasks/{first['task_id']}/cancel"), 200)
    again = ok(client.post("tasks", json=body, headers=key), 201)
    assert again["task_id"] == first["task_id"]


def test_another_body_with_the_key_is_422(client, module, key):
    ok(client.post("tasks", json=tasks.parked(module, inputs=1), headers=key), 201)
    answer = client.post("tasks", json=tasks.parked(module, inputs=2), headers=key)
    problem(answer, 422)
    assert len(client.items("tasks")) == 1


def test_another_key_is_another_task(client, module, names):
    body = tasks.parked(module)
    made = {ok(client.post("tasks", json=body, headers={"Idempotency-Key": names("key")}),
               201)["task_id"] for _ in range(3)}
    assert len(made) == 3


def test_without_a_key_every_submission_is_a_task(client, module):
    assert len({tasks.park(client, module)["task_id"] for _ in range(3)}) == 3


def test_a_key_is_the_owners(server, client, module, key, names):
    body = tasks.parked(module)
    other = server.submitter(names("owner"))
    tasks.upload(other, modules.echo())
    mine = ok(client.post("tasks", json=body, headers=key), 201)["task_id"]
    theirs = ok(other.post("tasks", json=body, headers=key), 201)["task_id"]
    assert mine != theirs


def test_a_key_serves_all_tokens_of_the_owner(server, names, key):
    owner = names("owner")
    one, two = (server.client(ok(server.admin.post(
        "tokens", json={"role": "submitter", "owner": owner}), 201)["token"]) for _ in range(2))
    body = tasks.parked(tasks.upload(one, modules.echo()))
    first = ok(one.post("tasks", json=body, headers=key), 201)
    assert ok(two.post("tasks", json=body, headers=key), 201)["task_id"] == first["task_id"]


@pytest.mark.parametrize("length", [1, 255])
def test_a_key_of_1_to_255_characters_is_fine(client, module, length):
    headers = {"Idempotency-Key": "k" * length}
    status(client.post("tasks", json=tasks.parked(module), headers=headers), 201)


@pytest.mark.parametrize("value", ["", "k" * 256])
def test_a_key_of_another_length_is_refused(client, module, value):
    answer = client.post("tasks", json=tasks.parked(module), headers={"Idempotency-Key": value})
    problem(answer, 400, 422)
    assert client.items("tasks") == []


def test_a_refused_request_does_not_use_the_key_up(client, module, key):
    problem(client.post("tasks", json=tasks.parked(module, priority=99), headers=key), 422)
    problem(client.send("POST", "tasks", "application/json", b"{", headers=key), 400)
    ok(client.post("tasks", json=tasks.parked(module), headers=key), 201)


def test_an_unauthorized_request_does_not_use_the_key_up(server, client, module, key):
    body = tasks.parked(module)
    problem(server.anonymous.post("tasks", json=body, headers=key), 401)
    ok(client.post("tasks", json=body, headers=key), 201)


def test_at_the_same_moment_there_is_one_task(client, module, key):
    body = tasks.parked(module)
    answers = []
    threads = [threading.Thread(
        target=lambda: answers.append(client.post("tasks", json=body, headers=key)))
        for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} <= {201, 409}
    made = {answer.json()["task_id"] for answer in answers if answer.status == 201}
    assert len(made) == 1
    assert len(client.items("tasks")) == 1


def test_a_concurrent_request_with_the_key_is_409_while_the_first_waits(client, node, key):
    body = tasks.body(tasks.upload(client, modules.echo()), requirements=node.requirements())
    first = []
    waiter = threading.Thread(target=lambda: first.append(
        client.post("tasks?wait=30", json=body, headers=key, timeout=60)))
    waiter.start()
    lease = node.lease_one()
    concurrent = client.post("tasks?wait=30", json=body, headers=key, timeout=60) \
        if waiter.is_alive() else None
    status(node.result(lease, b"x"), 200)
    waiter.join()
    assert first[0].status == 201
    if concurrent is not None:
        assert concurrent.status in (201, 409)


@pytest.mark.parametrize("path, media_type, body", [
    ("modules", "text/wat", modules.unlabelled("idempotent").encode()),
    ("blobs", "application/octet-stream", b"idempotent"),
])
def test_the_status_is_replayed_too(client, key, path, media_type, body):
    first = client.send("POST", path, media_type, body, headers=key)
    again = client.send("POST", path, media_type, body, headers=key)
    assert first.status == again.status == 201
    assert first.json() == again.json()


@pytest.mark.parametrize("path, media_type, one, two", [
    ("modules", "text/wat", modules.unlabelled("one").encode(),
     modules.unlabelled("two").encode()),
    ("blobs", "application/octet-stream", b"one", b"two"),
    ("tokens", "application/json", b'{"role":"reader"}', b'{"role":"join"}'),
    ("nodes", "application/json", b"{}", b'{"node_id":1}'),
])
def test_another_body_with_the_key_is_422_everywhere(server, key, path, media_type, one, two):
    first = server.admin.send("POST", path, media_type, one, headers=key)
    answer = server.admin.send("POST", path, media_type, two, headers=key)
    problem(answer, 422)
    if first.status == 201:
        assert "dempotency" in answer.body.decode()


def test_a_token_is_replayed_without_its_secret(server, key):
    body = {"role": "reader", "name": "once"}
    first = ok(server.admin.post("tokens", json=body, headers=key), 201)
    answer = status(server.admin.post("tokens", json=body, headers=key), 201)
    again = answer.json()
    assert again["token_id"] == first["token_id"]
    assert not again.get("token")
    assert first["token"] not in answer.body.decode()
    status(server.client(first["token"]).get("tasks"), 200)


def test_a_registration_is_replayed_with_a_token_that_serves(server, names, key):
    body = registration(names("node"))
    join = server.role("join")
    ok(join.post("nodes", json=body, headers=key), 201)
    again = ok(join.post("nodes", json=body, headers=key), 201)
    assert again["node_id"] == body["node_id"]
    path = f"nodes/{body['node_id']}/leases"
    status(server.client(again["node_token"]).post(path), 200)


def test_a_batch_replays_with_the_same_ids(client, module, key):
    content = tasks.lines(*(tasks.parked(module, priority=i % 10) for i in range(50)))
    first = tasks.batch(client, content, headers=key)
    assert tasks.batch(client, content, headers=key) == first
    assert len(client.items("tasks")) == 50


def test_a_batch_replays_its_bad_lines(client, module, key):
    content = tasks.lines(tasks.parked(module), {}, tasks.parked(module))
    first = tasks.batch(client, content, headers=key)
    again = tasks.batch(client, content, headers=key)
    assert [a.get("task_id") for a in again] == [a.get("task_id") for a in first]
    assert again[1]["problem"]["status"] == first[1]["problem"]["status"]


def test_another_batch_with_the_key_is_422(client, module, key):
    tasks.batch(client, tasks.lines(tasks.parked(module)), headers=key)
    answer = client.send("POST", "tasks/batch", "application/x-ndjson",
                         tasks.lines(tasks.parked(module, priority=1)), headers=key)
    assert answer.status == 422 or all("problem" in line for line in answer.ndjson()), answer
    assert len(client.items("tasks")) == 1


@pytest.mark.parametrize("stop", ["restart", "crash"])
def test_keys_outlast_a_restart(start_daemon, stop):
    daemon = start_daemon()
    client = daemon.submitter()
    body = tasks.parked(tasks.upload(client, modules.echo()))
    content = tasks.lines(body, body)
    keys = [{"Idempotency-Key": name} for name in ("task", "batch", "token")]
    token = {"role": "reader"}
    one = ok(client.post("tasks", json=body, headers=keys[0]), 201)
    two = tasks.batch(client, content, headers=keys[1])
    three = ok(daemon.admin.post("tokens", json=token, headers=keys[2]), 201)

    getattr(daemon, stop)()

    assert ok(client.post("tasks", json=body, headers=keys[0]), 201) == one
    assert tasks.batch(client, content, headers=keys[1]) == two
    again = ok(daemon.admin.post("tokens", json=token, headers=keys[2]), 201)
    assert again["token_id"] == three["token_id"]
    problem(client.post("tasks", json={**body, "priority": 1}, headers=keys[0]), 422)
    assert len(client.items("tasks")) == 3
