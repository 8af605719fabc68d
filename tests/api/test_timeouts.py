# SPDX-License-Identifier: Apache-2.0
"""Connections that do nothing are closed after 60 s. All of them wait at the same time."""

import socket
import time

import pytest

from harness import tasks
from harness.expect import ok, status
from harness.rest import Raw, authorized, head

IDLE_S = 60
CHECKED_AFTER_S = 80
BLOB_BYTES = 64 * 2**20

pytestmark = pytest.mark.slow


class Stalled:
    """Connections to one server, each stuck in its own way since `begun`."""

    def __init__(self, server):
        self.silent = server.raw(timeout=CHECKED_AFTER_S)
        self.after_request = server.raw(timeout=CHECKED_AFTER_S)
        self.after_request.send(head("Host: a"))
        status(self.after_request.response(), 200)
        self.half_body = server.raw(timeout=CHECKED_AFTER_S)
        self.half_body.send(authorized(server, "Content-Length: 10",
                                       "Content-Type: application/json", method="POST",
                                       target="/api/v1/tasks") + b"{")
        self.not_reading = narrow(server)
        blob = ok(server.admin.send("POST", "blobs", "application/octet-stream",
                                    bytes(BLOB_BYTES), timeout=60), 201)["blob_id"]
        self.not_reading.send(authorized(server, target=f"/api/v1/blobs/{blob}/content"))
        self.long_poll = server.raw(timeout=CHECKED_AFTER_S + 30)
        task = tasks.park(server.admin)["task_id"]
        self.long_poll.send(authorized(server, target=f"/api/v1/tasks/{task}?wait=60"))
        self.begun = time.monotonic()

    def elapsed(self):
        return time.monotonic() - self.begun


def narrow(server):
    """A connection with a small receive buffer, so that the server's writes soon stall."""
    raw = Raw.__new__(Raw)
    raw.buffer = b""
    raw.socket = socket.socket()
    raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.socket.settimeout(CHECKED_AFTER_S)
    raw.socket.connect((server.host, server.port))
    return raw


@pytest.fixture(scope="module")
def stalled(server):
    return Stalled(server)


def test_a_silent_connection_is_closed(stalled):
    answer = stalled.silent.response()
    assert answer is None or answer.status == 408
    assert stalled.elapsed() < IDLE_S + 15


def test_a_connection_that_is_idle_after_a_request_is_closed(stalled):
    assert stalled.after_request.closed()
    assert 30 < stalled.elapsed() < IDLE_S + 15


def test_a_body_that_never_ends_is_408_or_closed(stalled):
    answer = stalled.half_body.response()
    assert answer is None or answer.status == 408
    assert stalled.elapsed() < IDLE_S + 15


def test_a_long_poll_is_not_idle(stalled):
    answer = status(stalled.long_poll.response(), 200)
    assert answer.json()["status"] == "pending"


def test_a_reader_that_takes_nothing_is_cut_off(stalled):
    time.sleep(max(0.0, IDLE_S + 10 - stalled.elapsed()))
    taken = 0
    while data := stalled.not_reading.read():
        taken += len(data)
    assert taken < BLOB_BYTES
