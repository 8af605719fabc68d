# SPDX-License-Identifier: Apache-2.0
"""Server-sent events: what is told, to whom, in which order, and from where on."""

import re
import signal

import pytest

from harness import modules, tasks
from harness.events import Stream
from harness.expect import TIME, invalid, invalid_parameter, ok, problem, status


def statuses(events):
    return [event.data["status"] for event in events]


def is_of(task, status_):
    return lambda event: event.data.get("task_id") == task and event.data["status"] == status_


# --- what is told -------------------------------------------------------------------------------

def test_is_an_event_stream(server):
    with Stream(server.admin) as stream:
        assert stream.answer.getheader("Content-Type").startswith("text/event-stream")
        assert stream.answer.getheader("Cache-Control") == "no-store"


def test_tells_what_becomes_of_a_task_in_order(client, node):
    with Stream(client, "events?types=task") as stream:
        lease = node.leased(client)
        status(node.result(lease, b"done"), 200)
        events = stream.take(3)
    assert statuses(events) == ["pending", "running", "completed"]
    assert [event.id for event in events] == sorted({event.id for event in events})
    for event in events:
        assert event.name == "task"
        assert event.data.keys() == {"task_id", "status", "owner", "at"}
        assert event.data["task_id"] == lease["task_id"]
        assert TIME.match(event.data["at"])


def test_tells_that_a_task_failed_or_was_cancelled(client, node):
    with Stream(client, "events?types=task") as stream:
        lease = node.leased(client)
        status(node.result(lease, status="trap"), 200)
        assert statuses(stream.take(3)) == ["pending", "running", "failed"]
        parked = tasks.park(client)["task_id"]
        ok(client.post(f"tasks/{parked}/cancel"))
        assert statuses(stream.take(2)) == ["pending", "cancelled"]


def test_tells_that_a_task_is_placed_again(client, node):
    with Stream(client, "events?types=task") as stream:
        node.leased(client)
        status(node.register(), 200)
        node.lease_one()
        assert statuses(stream.take(4)) == ["pending", "running", "pending", "running"]


def test_tells_of_nodes_to_every_owner(client, make_node, server):
    with Stream(client, "events?types=node") as stream:
        node = make_node()
        status(server.admin.post(f"nodes/{node.node_id}/drain"), 200)
        mine = [event for event in stream.until(lambda e: e.data["status"] == "draining")
                if event.data["node_id"] == node.node_id]
    assert statuses(mine) == ["online", "draining"]
    assert mine[0].name == "node"
    assert mine[0].data.keys() == {"node_id", "status", "at"}


def test_what_is_told_can_be_read(client, node):
    with Stream(client, "events?types=task") as stream:
        lease = node.leased(client)
        stream.take(2)
        status(node.result(lease, b"done"), 200)
        stream.until(is_of(lease["task_id"], "completed"))
        assert ok(client.get(f"tasks/{lease['task_id']}"))["status"] == "completed"


# --- to whom ------------------------------------------------------------------------------------

def test_other_owners_tasks_are_not_told(server, names, client):
    other = server.submitter(names("owner"))
    with Stream(client, "events?types=task") as stream:
        tasks.park(other)
        mine = tasks.park(client)["task_id"]
        assert stream.next().data["task_id"] == mine


def test_a_reader_gets_what_a_submitter_of_its_owner_does(server, names):
    owner = names("owner")
    with Stream(server.role("reader", owner), "events?types=task") as stream:
        task = tasks.park(server.submitter(owner))["task_id"]
        event = stream.next()
    assert (event.data["task_id"], event.data["owner"]) == (task, owner)


def test_an_administrator_gets_every_owners(server, names):
    owners = [names("owner"), names("owner")]
    with Stream(server.admin, "events?types=task") as stream:
        for owner in owners:
            tasks.park(server.submitter(owner))
        assert [event.data["owner"] for event in stream.take(2)] == owners


def test_is_not_for_join_tokens(server):
    problem(server.role("join").get("events"), 403)


def test_is_not_for_nodes(node):
    problem(node.client.get("events"), 403)


def test_is_not_served_without_a_token(server):
    problem(server.anonymous.get("events"), 401)


def test_ends_with_the_reason_when_the_token_is_revoked(server):
    made = ok(server.admin.post("tokens", json={"role": "reader"}), 201)
    with Stream(server.client(made["token"])) as stream:
        status(server.admin.delete(f"tokens/{made['token_id']}"), 204)
        tasks.park(server.submitter())
        last = stream.next()
        assert last.name == "dropped" and "token" in last.data["reason"]
        assert stream.next() is None


# --- which types --------------------------------------------------------------------------------

def test_types_may_be_several(client, make_node):
    with Stream(client, "events?types=round,node,task") as stream:
        make_node()
        tasks.park(client)
        assert {event.name for event in stream.take(2)} == {"node", "task"}


def test_only_the_types_asked_for_are_told(client, make_node):
    with Stream(client, "events?types=task") as stream:
        make_node()
        tasks.park(client)
        assert stream.next().name == "task"


@pytest.mark.parametrize("types", ["", "tasks", "task,", "task,lease", "TASK"])
def test_unknown_types_are_refused(server, types):
    invalid_parameter(server.admin.get(f"events?types={types}"), "types")


def test_unknown_parameters_are_refused(server):
    invalid_parameter(server.admin.get("events?type=task"), "type")


# --- from where on ------------------------------------------------------------------------------

def test_begins_with_what_comes_next(client):
    tasks.park(client)
    with Stream(client, "events?types=task") as stream:
        later = tasks.park(client)["task_id"]
        assert stream.next().data["task_id"] == later


def test_goes_on_after_the_last_id(client):
    with Stream(client, "events?types=task") as stream:
        tasks.park(client)
        seen = stream.next().id
    missed = [tasks.park(client)["task_id"] for _ in range(3)]
    with Stream(client, "events?types=task", after=seen) as stream:
        assert [event.data["task_id"] for event in stream.take(3)] == missed
        new = tasks.park(client)["task_id"]
        assert stream.next().data["task_id"] == new


@pytest.mark.parametrize("again", ["restart", "crash"])
def test_goes_on_across_a_restart(start_daemon, again):
    daemon = start_daemon()
    client = daemon.submitter()
    with Stream(client, "events?types=task") as stream:
        tasks.park(client)
        seen = stream.next()
    missed = tasks.park(client)["task_id"]
    getattr(daemon, again)()
    with Stream(client, "events?types=task", after=seen.id) as stream:
        assert stream.next().data["task_id"] == missed
        new = tasks.park(client)["task_id"]
        event = stream.next()
        assert event.data["task_id"] == new and event.id > seen.id + 1


def test_a_gap_is_told_first(start_daemon):
    daemon = start_daemon(args=["--retain-events", "5"])
    client = daemon.submitter()
    parked = [tasks.park(client)["task_id"] for _ in range(8)]
    with Stream(client, after=0) as stream:
        gap = stream.next()
        assert (gap.name, gap.data["after"]) == ("gap", 0)
        events = stream.take(5)
    assert events[0].id == gap.data["next"]
    assert [event.data["task_id"] for event in events] == parked[3:]


def test_there_is_no_gap_where_all_is_kept(start_daemon):
    daemon = start_daemon()
    client = daemon.submitter()
    task = tasks.park(client)["task_id"]
    with Stream(client, after=0) as stream:
        first = stream.next()
    assert (first.name, first.id, first.data["task_id"]) == ("task", 1, task)


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "0x1", "1 2", "99999999999999999999999"])
def test_an_ill_formed_last_id_is_refused(server, value):
    invalid(server.admin.get("events", headers={"Last-Event-ID": value}), "Last-Event-ID")


def test_a_last_id_in_the_future_is_refused(server):
    invalid(server.admin.get("events", headers={"Last-Event-ID": "1000000000"}), "Last-Event-ID")


# --- slow readers -------------------------------------------------------------------------------

WINDOW = 4096
TOO_MANY = 40_000  # more than the system's buffers and a reader's patience hold together


def park_many(client, count):
    """As many events as tasks."""
    module = tasks.upload(client, modules.echo())
    answers = tasks.batch(client, tasks.lines(tasks.parked(module)) * count)
    assert all("task_id" in answer for answer in answers)


def dropped(daemon):
    text = daemon.admin.get("/metrics").body.decode()
    return int(re.search(r"^vcp_event_streams_dropped_total (\d+)", text, re.MULTILINE)[1])


def test_a_reader_that_falls_too_far_behind_is_dropped_with_the_reason(start_daemon):
    daemon = start_daemon()
    client = daemon.submitter()
    with Stream(client, window=WINDOW) as stream:
        park_many(client, TOO_MANY)
        told = stream.until(lambda event: event.name != "task" or event.id == TOO_MANY)
        assert told[-1].name == "dropped"
        assert stream.next() is None
    ids = [event.id for event in told[:-1]]
    assert ids == list(range(1, len(ids) + 1))
    assert "too slow" in told[-1].data["reason"]
    assert dropped(daemon) == 1
    with Stream(client, after=stream.last_id) as stream:
        assert stream.next().id == ids[-1] + 1


def test_a_reader_that_misses_what_is_not_kept_is_dropped_with_the_reason(start_daemon):
    daemon = start_daemon(args=["--retain-events", "100"])
    client = daemon.submitter()
    with Stream(client, window=WINDOW) as stream:
        park_many(client, 5_000)
        told = stream.until(lambda event: event.name != "task" or event.id == 5_000)
        assert told[-1].name == "dropped"
        assert stream.next() is None
    assert "not kept" in told[-1].data["reason"]
    assert dropped(daemon) == 1


def test_a_reader_that_catches_up_is_not_dropped(start_daemon):
    daemon = start_daemon()
    client = daemon.submitter()
    with Stream(client, window=WINDOW) as stream:
        park_many(client, 5_000)
        assert [event.id for event in stream.take(5_000)] == list(range(1, 5_001))
        tasks.park(client)
        assert stream.next().id == 5_001
    assert dropped(daemon) == 0


# --- its end ------------------------------------------------------------------------------------

def test_streams_end_when_the_server_stops(start_daemon):
    daemon = start_daemon()
    with Stream(daemon.admin) as stream:
        daemon.signal(signal.SIGTERM)
        assert stream.next() is None
    assert daemon.wait() == 0


def test_head_has_no_body_and_ends(server):
    answer = status(server.admin.request("HEAD", "events"), 200)
    assert answer.media_type == "text/event-stream" and not answer.body
