# SPDX-License-Identifier: Apache-2.0
"""Batches: NDJSON in, NDJSON out, a line for a line."""

import json
import socket
import threading

import pytest

from harness import modules, tasks
from harness.expect import ok, problem, status, unb64
from harness.rest import authorized
from harness.wait import eventually


@pytest.fixture
def module(client):
    return tasks.upload(client, modules.echo())


def one(module, **changes):
    return tasks.parked(module, **changes)


def test_every_line_is_answered_in_order(client, module):
    answers = tasks.batch(client, tasks.lines(*(one(module, priority=i % 10)
                                                for i in range(200))))
    assert [answer["index"] for answer in answers] == list(range(200))
    ids = [answer["task_id"] for answer in answers]
    assert len(set(ids)) == 200
    assert {item["task_id"] for item in client.items("tasks")} == set(ids)


def test_a_task_of_a_batch_is_a_task(client, module):
    answer, = tasks.batch(client, tasks.lines(one(module, inputs={"x": 1})))
    task = ok(client.get(f"tasks/{answer['task_id']}"))
    assert task["status"] == "pending"
    assert task["module_id"] == module


def test_inputs_of_a_batch_are_the_bytes_as_sent(client, module, node):
    wanted = json.dumps(node.requirements())
    line = f'{{"task_type":"wasm_execution","module_id":"{module}",' \
           f'"requirements":{wanted},"inputs":[1.0,  2e0]}}\n'
    tasks.batch(client, line.encode())
    assert unb64(node.lease_one()["input"]) == b"[1.0,  2e0]"


@pytest.mark.parametrize("line, state, pointer", [
    ("{ not json", 400, None), ("[]", 422, None), ("null", 422, None), ("1", 422, None),
    ('{"a":1,"a":2}', 400, None), ("{}", 422, "/task_type"), ("\xff", 400, None),
    ('{"task_type":"dance"}', 422, "/task_type"),
], ids=lambda value: str(value)[:20])
def test_one_bad_line_harms_no_other(client, module, line, state, pointer):
    good = tasks.lines(one(module))
    answers = tasks.batch(client, good + line.encode("latin-1") + b"\n" + good)
    assert [answer["index"] for answer in answers] == [0, 1, 2]
    assert "task_id" in answers[0] and "task_id" in answers[2]
    trouble = answers[1]["problem"]
    assert trouble["status"] == state
    assert {"type", "title", "detail"} <= trouble.keys()
    if pointer:
        assert pointer in [error["pointer"] for error in trouble["errors"]]


def test_a_batch_of_bad_lines_only_is_200(client):
    answers = tasks.batch(client, b"{}\n{}\n")
    assert ["problem" in answer for answer in answers] == [True, True]


def test_a_problem_names_all_bad_fields(client, module):
    answer, = tasks.batch(client, tasks.lines(one(module, priority=99, zebra=1)))
    found = {error["pointer"] for error in answer["problem"]["errors"]}
    assert found == {"/priority", "/zebra"}


def test_crlf_and_a_missing_last_newline_are_fine(client, module):
    line = tasks.lines(one(module)).strip()
    answers = tasks.batch(client, line + b"\r\n" + line + b"\r\n" + line)
    assert ["task_id" in answer for answer in answers] == [True] * 3


def test_an_empty_batch_is_an_empty_answer(client):
    assert tasks.batch(client, b"") == []


def test_a_module_that_is_not_there_is_the_lines_problem(client, module):
    answers = tasks.batch(client, tasks.lines(one("sha256:" + "0" * 64), one(module)))
    assert [e["pointer"] for e in answers[0]["problem"]["errors"]] == ["/module_id"]
    assert "task_id" in answers[1]


def test_a_line_of_16_mib_is_its_own_problem(client, module):
    good = tasks.lines(one(module))
    answers = tasks.batch(client, good + b'{"a":"' + b"x" * (17 * 2**20) + b'"}\n' + good)
    assert "task_id" in answers[0]
    assert answers[1]["problem"]["status"] in (400, 413, 422)
    if len(answers) == 3:
        assert "task_id" in answers[2]


def test_a_batch_without_a_token_is_401(server):
    problem(server.anonymous.send("POST", "tasks/batch", "application/x-ndjson", b"{}\n"), 401)


def test_twenty_thousand_lines(client, module):
    count = 20_000
    answers = tasks.batch(client, tasks.lines(one(module)) * count, timeout=60)
    assert [answer["index"] for answer in answers] == list(range(count))
    assert len({answer["task_id"] for answer in answers}) == count
    assert len(client.items("tasks")) == count


def open_batch(server, *lines):
    raw = server.raw(timeout=30)
    raw.send(authorized(server, "Content-Type: application/x-ndjson",
                        "Transfer-Encoding: chunked", *lines, method="POST",
                        target="/api/v1/tasks/batch"))
    return raw


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def test_each_answer_line_is_sent_when_its_task_is_durable(server):
    module = tasks.upload(server.admin, modules.echo())
    with open_batch(server) as raw:
        for i in range(3):
            raw.send(chunk(tasks.lines(one(module))))
            wanted = b'"index":%d' % i
            while wanted not in raw.buffer.replace(b" ", b""):
                data = raw.read()
                assert data, "the connection ended"
                raw.buffer += data
        raw.send(b"0\r\n\r\n")
        assert len(status(raw.response(), 200).ndjson()) == 3


def test_reading_does_not_wait_for_the_client_to_read(server):
    """All lines are sent before a single answer is read, through small buffers."""
    module = tasks.upload(server.admin, modules.echo())
    count = 30_000
    data = tasks.lines(one(module)) * count
    with open_batch(server, "Connection: close") as raw:
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for start in range(0, len(data), 2**20):
            raw.send(chunk(data[start:start + 2**20]))
        raw.send(b"0\r\n\r\n")
        answers = status(raw.response(), 200).ndjson()
    assert [answer["index"] for answer in answers] == list(range(count))


def test_a_batch_that_breaks_off_keeps_what_was_acknowledged(server, names):
    owner = server.submitter(names("owner"))
    module = tasks.upload(owner, modules.echo())
    with server.raw() as raw:
        raw.send(authorized(server, method="POST", target="/api/v1/tasks/batch").replace(
            server.admin_token.encode(), owner.token.encode())[:-2]
            + b"Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        raw.send(chunk(tasks.lines(one(module)) * 10))
        while raw.buffer.count(b"task_id") < 10:
            data = raw.read()
            assert data
            raw.buffer += data
        raw.send(b"5\r\n{\"ta")
    eventually(lambda: len(owner.items("tasks")) == 10, "ten tasks")


def test_batches_side_by_side(client, module):
    results = []
    data = tasks.lines(one(module)) * 500
    threads = [threading.Thread(target=lambda: results.append(tasks.batch(client, data)))
               for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [answer["task_id"] for answers in results for answer in answers]
    assert len(set(ids)) == len(ids) == 2000
