# SPDX-License-Identifier: Apache-2.0
"""What outlives an end of the server, in order (SIGTERM) or not (SIGKILL), and of a node."""

import http.client
import signal
import threading

import pytest

from harness import modules, tasks
from harness.expect import b64, ok, output_of, problem, status
from harness.node import FakeNode
from harness.rest import authorized
from harness.wait import eventually

BYTES = "application/octet-stream"
STOPS = ["restart", "crash"]


@pytest.fixture
def daemon(start_daemon):
    return start_daemon()


@pytest.fixture(params=STOPS)
def again(request, daemon):
    """Ends the daemon in one of both ways and starts it again."""
    return getattr(daemon, request.param)


def snapshot(client, task):
    return ok(client.get(f"tasks/{task}"))


# --- what was acknowledged is there -------------------------------------------------------------

def test_tasks_in_every_state_are_there_unchanged(daemon, again):
    client = daemon.submitter()
    node = FakeNode(daemon, "n", slots=8)
    pending = tasks.park(client)["task_id"]
    cancelled = tasks.park(client)["task_id"]
    status(client.post(f"tasks/{cancelled}/cancel"), 200)
    ended = []
    for outcome, output in (("ok", b"\0out"), ("trap", b""), ("exit_code", b"partial")):
        lease = node.leased(client)
        status(node.result(lease, output, status=outcome, exit_code=1, log="said"), 200)
        ended.append(lease["task_id"])
    before = [snapshot(client, task) for task in (pending, cancelled, *ended)]
    listed = client.items("tasks")

    again()

    assert [snapshot(client, task) for task in (pending, cancelled, *ended)] == before
    assert client.items("tasks") == listed
    assert client.get(f"tasks/{ended[0]}/output").body == b"\0out"
    assert {item["task_id"] for item in client.items("tasks/dead")} == set(ended[1:])


def test_modules_and_blobs_are_there(daemon, again):
    client = daemon.submitter()
    module = tasks.upload(client, modules.unlabelled())
    gone = tasks.upload(client, modules.unlabelled())
    status(client.delete(f"modules/{gone}"), 204)
    shown = ok(client.get(f"modules/{module}"))
    content = client.get(f"modules/{module}/content").body
    blob = ok(client.send("POST", "blobs", BYTES, b"kept" * 50_000), 201)["blob_id"]

    again()

    assert ok(client.get(f"modules/{module}")) == shown
    assert client.get(f"modules/{module}/content").body == content
    assert client.get(f"blobs/{blob}/content").body == b"kept" * 50_000
    problem(client.get(f"modules/{gone}"), 404)


def test_tokens_serve_and_revoked_ones_do_not(daemon, again):
    made = [ok(daemon.admin.post("tokens", json={"role": "reader"}), 201) for _ in range(2)]
    status(daemon.admin.delete(f"tokens/{made[1]['token_id']}"), 204)

    again()

    status(daemon.client(made[0]["token"]).get("tasks"), 200)
    problem(daemon.client(made[1]["token"]).get("tasks"), 401)


def test_nodes_are_there_and_their_tokens_serve(daemon, again):
    node = FakeNode(daemon, "n", region="mars", slots=3)
    gone = FakeNode(daemon, "gone")
    status(daemon.admin.delete(f"nodes/{gone.node_id}"), 204)
    status(daemon.admin.post("nodes/n/drain"), 200, 204)

    again()

    shown = ok(daemon.admin.get("nodes/n"))
    assert (shown["region"], shown["slots"]) == ("mars", 3)
    assert ok(node.heartbeat())["node_status"] == "draining"
    problem(daemon.admin.get("nodes/gone"), 404)


def test_a_large_input_is_there(daemon, again):
    client = daemon.submitter()
    node = FakeNode(daemon, "n")
    content = bytes(range(256)) * 1000
    task = node.submit(client, input=b64(content))

    again()

    ok(node.heartbeat())
    lease = node.lease_one()
    assert lease["task_id"] == task["task_id"]
    assert node.client.get(f"blobs/{lease['input_blob']}/content").body == content


# --- leases -------------------------------------------------------------------------------------

def test_a_lease_outlives_a_restart(daemon, again):
    client = daemon.submitter()
    node = FakeNode(daemon, "n")
    lease = node.leased(client)

    again()

    assert ok(node.heartbeat([lease]))["cancelled"] == []
    status(node.result(lease, b"after"), 200)
    assert output_of(snapshot(client, lease["task_id"])) == b"after"


def test_a_leased_task_is_not_leased_again_after_a_restart(daemon, again):
    client = daemon.submitter()
    holder, other = (FakeNode(daemon, name, labels={"both": "1"}) for name in ("a", "b"))
    tasks.submit(client, requirements=tasks.requirements(labels={"both": "1"}))
    lease = holder.lease_one()

    again()

    ok(other.heartbeat())
    assert other.lease(1, 1) == []
    status(holder.result(lease, b"x"), 200)


def test_epochs_go_on_rising(daemon, again):
    client = daemon.submitter()
    node = FakeNode(daemon, "n", slots=8)
    before = node.leased(client)["epoch"]

    again()

    ok(node.heartbeat())
    assert node.leased(client)["epoch"] > before


def test_a_pending_task_is_leased_after_a_restart(daemon, again):
    client = daemon.submitter()
    node = FakeNode(daemon, "n")
    task = node.submit(client)["task_id"]

    again()

    ok(node.heartbeat())
    assert node.lease_one()["task_id"] == task


def test_a_result_again_is_200_and_a_stale_one_409(daemon, again):
    client = daemon.submitter()
    node = FakeNode(daemon, "n", slots=8)
    lease = node.leased(client)
    status(node.result(lease, b"once"), 200)
    stale = node.leased(client)
    status(node.register(), 200)

    again()

    status(node.result(lease, b"once"), 200)
    problem(node.result(lease, b"other"), 409)
    problem(node.result(stale, b"stale"), 409)


# --- SIGTERM ------------------------------------------------------------------------------------

def outcome_of(call):
    """The status of a call, or None if the connection ended instead."""
    try:
        return call().status
    except (OSError, http.client.HTTPException):
        return None


def test_long_polls_end_and_the_daemon_with_them(daemon):
    client = daemon.submitter()
    node = FakeNode(daemon, "n")
    task = tasks.park(client)["task_id"]
    outcomes = []
    calls = [lambda: client.get(f"tasks/{task}?wait=60", timeout=90),
             lambda: node.client.post("nodes/n/leases?wait=60", timeout=90),
             lambda: client.post("tasks?wait=60", timeout=90, json=tasks.parked(
                 ok(client.get(f"tasks/{task}"))["module_id"]))]
    threads = [threading.Thread(target=lambda c=c: outcomes.append(outcome_of(c)))
               for c in calls]
    for thread in threads:
        thread.start()
    eventually(lambda: len(client.items("tasks")) == 2, "the waiting submission")
    assert daemon.terminate() == 0
    for thread in threads:
        thread.join(10)
    assert len(outcomes) == 3
    assert set(outcomes) <= {200, 201, 503}, outcomes


def test_an_open_batch_keeps_what_it_acknowledged(daemon):
    client = daemon.submitter()
    line = tasks.lines(tasks.parked(tasks.upload(client, modules.echo())))
    with daemon.raw() as raw:
        raw.send(authorized(daemon, "Content-Type: application/x-ndjson",
                            "Transfer-Encoding: chunked", method="POST",
                            target="/api/v1/tasks/batch"))
        raw.send(b"%x\r\n%s\r\n" % (len(line), line))
        while b"task_id" not in raw.buffer:
            data = raw.read()
            assert data
            raw.buffer += data
        assert daemon.terminate(30) == 0
    daemon.start()
    assert len(daemon.admin.items("tasks")) == 1


def test_new_requests_get_503_or_no_connection_while_it_ends(daemon):
    daemon.signal(signal.SIGTERM)
    while daemon.running():
        state = outcome_of(lambda: daemon.anonymous.get("/readyz"))
        assert state in (None, 200, 503)
        if state == 503:
            assert outcome_of(lambda: daemon.admin.get("tasks")) in (None, 503)
    assert daemon.wait() == 0
    assert outcome_of(lambda: daemon.anonymous.get("health")) is None


def test_submissions_during_the_end_are_whole_or_refused(daemon):
    client = daemon.submitter()
    body = tasks.parked(tasks.upload(client, modules.echo()))
    acknowledged, stop = [], threading.Event()

    def submit():
        while not stop.is_set():
            try:
                answer = client.post("tasks", json=body)
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 201:
                acknowledged.append(answer.json()["task_id"])
            else:
                assert answer.status == 503, answer

    threads = [threading.Thread(target=submit) for _ in range(4)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(acknowledged) > 20, "some submissions")
    assert daemon.terminate() == 0
    stop.set()
    for thread in threads:
        thread.join()
    daemon.start()
    assert set(acknowledged) <= {item["task_id"] for item in client.items("tasks")}


# --- real nodes ---------------------------------------------------------------------------------

def long_task(client):
    """A task that runs until its minute is over or it is stopped."""
    return tasks.submit(client, tasks.upload(client, modules.endless()),
                        limits={"gas": 10**13},
                        requirements=tasks.requirements(max_execution_time_sec=60))["task_id"]


def running(client, task):
    return lambda: snapshot(client, task)["status"] == "running"


def brief_work(client):
    """A task of some seconds of work."""
    return tasks.submit(client, tasks.upload(client, modules.endless()),
                        limits={"gas": 2 * 10**9}, max_retries=3)["task_id"]


def test_a_node_goes_on_over_a_restart_of_the_coordinator(daemon, again, start_node):
    client = daemon.submitter()
    start_node(daemon)
    task = brief_work(client)
    eventually(running(client, task), "the task running")

    again()

    ended = ok(client.get(f"tasks/{task}?wait=100", timeout=120))
    assert ended["failure"]["reason"] == "out_of_gas"
    assert ended["attempts"] == 1
    assert output_of(tasks.completed(client, modules.echo(), input=b64(b"next"))) == b"next"


def test_a_node_that_is_killed_gets_its_task_again(daemon, start_node):
    client = daemon.submitter()
    agent = start_node(daemon)
    task = long_task(client)
    eventually(running(client, task), "the task running")
    agent.kill()
    agent.start()
    eventually(lambda: snapshot(client, task)["attempts"] >= 2, "the second attempt")
    status(client.post(f"tasks/{task}/cancel"), 200)


def test_a_node_that_is_stopped_finishes_or_hands_back(daemon, start_node):
    client = daemon.submitter()
    agent = start_node(daemon, node_id="stopped")
    task = brief_work(client)
    eventually(running(client, task), "the task running")
    assert agent.terminate(60) == 0
    start_node(daemon, node_id="taking-over")
    ended = ok(client.get(f"tasks/{task}?wait=60", timeout=90))
    assert ended["failure"]["reason"] == "out_of_gas"
