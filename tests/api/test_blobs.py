# SPDX-License-Identifier: Apache-2.0
"""Blobs: any bytes by their hash, streamed in, read whole or in ranges, used as inputs."""

import hashlib

import pytest

from harness import tasks
from harness.expect import invalid_within, ok, problem, status, unb64
from harness.rest import authorized

BYTES = "application/octet-stream"


def put(client, content, *statuses):
    return ok(client.send("POST", "blobs", BYTES, content, timeout=120), *(statuses or (201,)))


@pytest.fixture
def blob(client, names):
    """A blob of 1000 bytes: its content and its path."""
    content = (names("content").encode() + bytes(range(256)) * 4)[:1000]
    return content, f"blobs/{put(client, content)['blob_id']}"


@pytest.mark.parametrize("content", [b"", b"x", bytes(range(256)), b"\xff" * 100_000],
                         ids=["nothing", "one byte", "every byte", "100 kB"])
def test_a_blob_is_known_by_its_hash(client, content):
    made = put(client, content)
    assert made == {"blob_id": "sha256:" + hashlib.sha256(content).hexdigest(),
                    "size": len(content)}
    assert client.get(f"blobs/{made['blob_id']}/content").body == content


def test_the_answer_says_where_it_is(client, names):
    answer = status(client.send("POST", "blobs", BYTES, names("x").encode()), 201)
    assert answer.header("Location") == f"/api/v1/blobs/{answer.json()['blob_id']}"


def test_the_same_bytes_again_are_200(client, names):
    content = names("x").encode()
    assert put(client, content) == put(client, content, 200)


@pytest.mark.parametrize("media_type", ["text/plain", "image/png", "application/json", BYTES])
def test_any_media_type_is_fine(client, names, media_type):
    status(client.send("POST", "blobs", media_type, names("x").encode()), 201)


def test_a_large_blob_is_streamed(client):
    content = b"0123456789abcdef" * (40 * 2**20 // 16)
    blob = put(client, content)["blob_id"]
    assert client.get(f"blobs/{blob}/content", timeout=60).body == content


def test_a_chunked_upload_is_the_same_blob(server):
    with server.raw() as raw:
        raw.send(authorized(server, f"Content-Type: {BYTES}", "Transfer-Encoding: chunked",
                            method="POST", target="/api/v1/blobs"))
        raw.send(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        made = status(raw.response(), 200, 201).json()
    assert made["blob_id"] == "sha256:" + hashlib.sha256(b"hello world").hexdigest()


def test_a_blob_that_says_it_is_too_long_is_413_before_it_is_sent(server):
    with server.raw() as raw:
        raw.send(authorized(server, f"Content-Length: {2**30 + 1}", f"Content-Type: {BYTES}",
                            method="POST", target="/api/v1/blobs"))
        problem(raw.response(), 413)


def test_an_upload_that_breaks_off_leaves_nothing(server, client):
    content = b"never complete"
    with server.raw() as raw:
        raw.send(authorized(server, "Content-Length: 100", f"Content-Type: {BYTES}",
                            method="POST", target="/api/v1/blobs") + content)
    digest = hashlib.sha256(content).hexdigest()
    problem(server.admin.get(f"blobs/sha256:{digest}"), 404)


def test_a_blob_shows_its_id_and_size(client, blob):
    content, path = blob
    shown = ok(client.get(path))
    assert shown["blob_id"] == path.split("/")[1]
    assert shown["size"] == len(content)


# --- ranges -------------------------------------------------------------------------------------

@pytest.mark.parametrize("asked, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=0-99", 0, 99), ("bytes=500-", 500, 999),
    ("bytes=-10", 990, 999), ("bytes=-5000", 0, 999), ("bytes=900-5000", 900, 999),
    ("bytes=999-999", 999, 999),
])
def test_a_range_is_206(client, blob, asked, first, last):
    content, path = blob
    answer = status(client.get(f"{path}/content", headers={"Range": asked}), 206)
    assert answer.body == content[first:last + 1]
    assert answer.header("Content-Range") == f"bytes {first}-{last}/{len(content)}"


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=2000-3000", "bytes=-0"])
def test_a_range_outside_is_416(client, blob, asked):
    content, path = blob
    answer = client.get(f"{path}/content", headers={"Range": asked})
    problem(answer, 416)
    assert answer.header("Content-Range") == f"bytes */{len(content)}"


@pytest.mark.parametrize("asked", ["bytes=x-y", "items=0-1", "bytes=5-1", "bytes=",
                                   "bytes=99999999999999999999999-"])
def test_a_range_that_is_none_is_ignored_or_416(client, blob, asked):
    content, path = blob
    answer = client.get(f"{path}/content", headers={"Range": asked})
    assert answer.status in (200, 416), answer
    if answer.status == 200:
        assert answer.body == content


def test_whole_content_says_that_ranges_are_served(client, blob):
    answer = client.get(f"{blob[1]}/content")
    assert answer.header("Accept-Ranges") == "bytes"


def test_if_range_with_another_tag_gives_the_whole(client, blob):
    content, path = blob
    headers = {"Range": "bytes=0-9", "If-Range": '"other"'}
    answer = status(client.get(f"{path}/content", headers=headers), 200)
    assert answer.body == content


def test_head_of_content_tells_the_length(server, names):
    content = names("x").encode() * 10
    blob = put(server.admin, content)["blob_id"]
    with server.raw() as raw:
        raw.send(authorized(server, "Connection: close", method="HEAD",
                            target=f"/api/v1/blobs/{blob}/content"))
        answer = raw.response(head=True)
        assert raw.closed()
    assert (answer.status, answer.header("Content-Length")) == (200, str(len(content)))


# --- owning and deleting ------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["", "/content"])
@pytest.mark.parametrize("blob_id", ["none", "sha256:" + "0" * 64])
def test_what_is_not_there_is_404(client, blob_id, path):
    problem(client.get(f"blobs/{blob_id}{path}"), 404)


def test_a_blob_is_invisible_to_others_until_they_upload_it(server, client, blob, names):
    content, path = blob
    other = server.submitter(names("owner"))
    problem(other.get(path), 404)
    problem(other.get(f"{path}/content"), 404)
    problem(other.delete(path), 404)
    module = tasks.upload(other, '(module (memory (export "memory") 1) (func (export "_start")))')
    answer = other.post("tasks", json=tasks.body(module, input_blob=path.split("/")[1]))
    invalid_within(answer, "/input_blob")
    put(other, content, 200, 201)
    assert other.get(f"{path}/content").body == content


def test_a_deleted_blob_is_gone_and_can_come_back(client, blob):
    content, path = blob
    status(client.delete(path), 204)
    problem(client.get(path), 404)
    problem(client.get(f"{path}/content"), 404)
    problem(client.delete(path), 404)
    put(client, content, 200, 201)
    assert client.get(f"{path}/content").body == content


def test_a_blob_that_a_task_needs_is_not_taken_from_it(client, node, blob):
    content, path = blob
    task = node.submit(client, input_blob=path.split("/")[1])
    problem(client.delete(path), 409)
    lease = node.lease_one()
    assert lease["task_id"] == task["task_id"]
    assert node.client.get(f"{path}/content").body == content
    status(node.result(lease), 200)
    status(client.delete(path), 204)


# --- as inputs ----------------------------------------------------------------------------------

def test_a_task_with_an_input_blob_leases_its_bytes(client, node, blob):
    content, path = blob
    lease = node.leased(client, input_blob=path.split("/")[1])
    if lease.get("input_blob"):
        assert node.client.get(f"blobs/{lease['input_blob']}/content").body == content
    else:
        assert unb64(lease["input"]) == content


@pytest.mark.parametrize("value", ["none", "sha256:" + "0" * 64, 5, None, ""])
def test_an_input_blob_that_is_not_there_is_named(client, value):
    module = tasks.upload(client, '(module (memory (export "memory") 1) (func (export "_start")))')
    answer = client.post("tasks", json=tasks.body(module, input_blob=value))
    invalid_within(answer, "/input_blob")
