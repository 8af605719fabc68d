# SPDX-License-Identifier: Apache-2.0
"""Federated learning jobs: opening them, models, updates, rounds, pausing, what is refused."""

import hashlib
import struct

import pytest

from harness.events import Stream
from harness.expect import TIME, invalid, invalid_parameter, invalid_within, ok, problem, status
from harness.models import SAFETENSORS, Job, job_body, model
from harness.rest import authorized

FIRST = model(w=[1.0, 2.0], b=[0.5])


@pytest.fixture
def job(client):
    """A running job of two clients a round."""
    return Job(client, FIRST)


# --- opening ------------------------------------------------------------------------------------

def test_a_job_waits_for_its_first_model(client):
    job = Job(client)
    assert job.info["state"] == "waiting"
    assert job.status() == job.info
    assert job.info["target_clients"] == 2
    assert job.info["epsilon_spent"] is None
    assert TIME.match(job.info["created_at"])
    problem(job.get(), 404)
    problem(job.update(1, "a", FIRST), 409)


def test_the_answer_says_where_the_job_is(client):
    answer = status(client.post("fl/jobs", json=job_body()), 201)
    assert answer.header("Location") == f"/api/v1/fl/jobs/{answer.json()['job_id']}"


def test_the_same_idempotency_key_is_the_same_job(client, names):
    key = {"Idempotency-Key": names("key")}
    first = client.post("fl/jobs", json=job_body(), headers=key)
    again = client.post("fl/jobs", json=job_body(), headers=key)
    assert ok(first, 201) == ok(again, 201)


@pytest.mark.parametrize("changes, pointers", [
    ({"rounds": 0}, ["/rounds"]),
    ({"rounds": None, "name": 5}, ["/rounds", "/name"]),
    ({"extra": 1}, ["/extra"]),
    ({"min_clients": 3, "target_clients": 2}, ["/target_clients"]),
    ({"round_timeout_sec": 0}, ["/round_timeout_sec"]),
    ({"strategy": {"name": "best"}}, ["/strategy/name"]),
    ({"strategy": {"name": "fedavg", "eta": 1}}, ["/strategy/eta"]),
    ({"strategy": {"name": "fedavgm", "beta": 1}}, ["/strategy/beta"]),
    ({"strategy": "fedavg"}, ["/strategy"]),
    ({"privacy": {"mechanism": "gaussian", "clip": 1, "noise_multiplier": 1}}, ["/privacy/delta"]),
    ({"privacy": {"mechanism": "gaussian", "clip": 1, "delta": 1e-5}}, ["/privacy/epsilon"]),
    ({"privacy": {"mechanism": "exact", "clip": 0}}, ["/privacy/mechanism"]),
    ({"privacy": {"mechanism": "gaussian", "clip": -1, "epsilon": 1, "delta": 1e-5}},
     ["/privacy/clip"]),
])
def test_a_job_that_is_wrong_is_refused_with_pointers(client, changes, pointers):
    invalid(client.post("fl/jobs", json=job_body(**changes)), *pointers)


@pytest.mark.parametrize("strategy", ["median", "trimmed_mean", "krum", "multi_krum", "fedbuff"])
def test_a_strategy_without_a_guarantee_takes_no_privacy(client, strategy):
    privacy = {"mechanism": "gaussian", "clip": 1, "noise_multiplier": 1, "delta": 1e-5}
    answer = client.post("fl/jobs", json=job_body(strategy={"name": strategy}, min_clients=5,
                                                  privacy=privacy))
    invalid_within(answer, "/privacy")


def test_defaults_of_a_strategy_are_shown(client):
    job = Job(client, strategy={"name": "fedadam"})
    assert job.info["strategy"] == {"name": "fedadam", "eta": 0.1, "beta_1": 0.9, "beta_2": 0.99,
                                    "tau": 1e-3}


def test_jobs_are_listed_newest_first_and_by_state(client):
    made = [Job(client).id for _ in range(3)] + [Job(client, FIRST).id]
    assert [item["job_id"] for item in client.items("fl/jobs", limit=2)] == made[::-1]
    running = client.items("fl/jobs?state=running")
    assert [item["job_id"] for item in running] == made[3:]
    invalid_parameter(client.get("fl/jobs?state=lost"), "state")


# --- models -------------------------------------------------------------------------------------

def test_the_first_model_opens_round_1(client):
    job = Job(client)
    shown = ok(job.put(FIRST), 201)
    assert (shown["state"], shown["round"]) == ("running", 1)
    assert TIME.match(shown["opened_at"]) and TIME.match(shown["closes_at"])
    answer = job.get()
    assert (answer.status, answer.body) == (200, FIRST)
    assert answer.header("X-FL-Round") == "1"
    assert answer.media_type == SAFETENSORS
    assert answer.header("ETag") == f'"{hashlib.sha256(FIRST).hexdigest()}"'


def test_a_second_first_model_is_409(job):
    problem(job.put(FIRST), 409)
    problem(job.put(model(w=[3.0])), 409)


@pytest.mark.parametrize("content", [
    b"", b"\0" * 8, FIRST[:-1], FIRST + b"\0", b"x" * 100, model(w=[float("nan")]),
    model(w=[float("inf")]), struct.pack("<Q", 2) + b"{}", struct.pack("<Q", 2**40) + b"{",
], ids=["nothing", "no header", "short", "long", "text", "nan", "infinity", "no tensor", "huge"])
def test_a_first_model_that_is_none_is_refused(client, content):
    job = Job(client)
    problem(job.put(content), 422, 413)
    assert job.status()["state"] == "waiting"
    ok(job.put(FIRST), 201)


def test_a_model_of_another_media_type_is_415(client):
    job = Job(client)
    problem(client.send("PUT", f"{job.path}/model", "application/json", b"{}"), 415)


def test_a_model_is_served_in_ranges_and_by_its_tag(job):
    part = status(job.get(headers={"Range": "bytes=0-7"}), 206)
    assert part.body == FIRST[:8]
    assert part.header("X-FL-Round") == "1"
    tag = job.get().header("ETag")
    same = status(job.get(headers={"If-None-Match": tag}), 304)
    assert same.header("X-FL-Round") == "1"
    problem(job.get(headers={"Range": "bytes=100000-"}), 416)


@pytest.mark.parametrize("number", ["0", "x", "-1"])
def test_a_round_that_is_no_number_is_named(job, number):
    invalid_parameter(job.get(number), "round")


def test_a_model_that_is_not_there_yet_is_404(job):
    problem(job.get(2), 404)


# --- rounds -------------------------------------------------------------------------------------

def test_a_round_closes_with_its_last_client(job):
    ok(job.update(1, "a", model(w=[2.0, 4.0], b=[1.0]), 1), 202)
    assert job.status()["cohort"]["accepted"] == 1
    ok(job.update(1, "b", model(w=[6.0, 8.0], b=[2.0]), 3), 202)
    assert job.reach(2)["round"] == 2
    assert job.values() == {"w": [5.0, 7.0], "b": [1.75]}
    assert job.get().header("X-FL-Round") == "2"
    assert job.values(1) == {"w": [1.0, 2.0], "b": [0.5]}


def test_a_delta_is_a_difference(job):
    ok(job.update(1, "a", model(w=[1.0, 0.0], b=[0.0]), kind="delta"), 202)
    ok(job.update(1, "b", model(w=[2.0, 4.0], b=[0.5]), kind="weights"), 202)
    job.reach(2)
    assert job.values() == {"w": [2.0, 3.0], "b": [0.5]}


def test_a_round_tells_who_took_part(job):
    ok(job.update(1, "b", model(w=[4.0, 6.0], b=[0.5]), 7), 202)
    shown = job.round(1)
    assert shown["state"] == "open"
    assert shown["closed_at"] is None
    assert shown["clients"] == [{"client_id": "b", "num_samples": 7, "norm": 5.0}]
    ok(job.update(1, "a", FIRST), 202)
    job.reach(2)
    shown = job.round(1)
    assert shown["state"] == "closed"
    assert TIME.match(shown["opened_at"]) and TIME.match(shown["closed_at"])
    assert [member["client_id"] for member in shown["clients"]] == ["a", "b"]
    assert job.round(2)["clients"] == []
    problem(job.client.get(f"{job.path}/rounds/3"), 404)
    problem(job.client.get(f"{job.path}/rounds/0"), 404)
    problem(job.client.get(f"{job.path}/rounds/x"), 404)


def test_metrics_of_clients_are_kept_as_means_over_samples(job):
    first = {"loss": "1.0", "accuracy": "0.5", "other": "words"}
    ok(job.update(1, "a", model(first, w=[1.0, 2.0], b=[0.5]), 1), 202)
    ok(job.update(1, "b", model({"loss": "3.0"}, w=[1.0, 2.0], b=[0.5]), 3), 202)
    job.reach(2)
    assert job.round(1)["metrics"] == {"loss": 2.5, "accuracy": 0.5}


def test_a_metric_that_is_no_number_is_refused(job):
    problem(job.update(1, "a", model({"loss": "nan"}, w=[1.0, 2.0], b=[0.5])), 422)


def test_fedprox_tells_its_mu(client):
    job = Job(client, FIRST, strategy={"name": "fedprox", "mu": 0.25})
    assert job.round(1)["mu"] == 0.25


def test_the_job_is_completed_after_its_last_round(client):
    job = Job(client, FIRST, rounds=2, min_clients=1)
    ok(job.update(1, "a", FIRST), 202)
    job.reach(2)
    ok(job.update(2, "a", model(w=[3.0, 3.0], b=[3.0])), 202)
    done = job.reach(3)
    assert (done["state"], done["reason"]) == ("completed", None)
    assert job.get().header("X-FL-Round") == "3"
    problem(job.update(3, "a", FIRST), 409)
    problem(client.post(f"{job.path}/pause"), 409)
    problem(client.post(f"{job.path}/resume"), 409)


def test_a_servers_optimizer_keeps_its_state_from_round_to_round(client):
    strategy = {"name": "fedavgm", "eta": 1, "beta": 0.5}
    job = Job(client, model(w=[0.0]), strategy=strategy, min_clients=1)
    ok(job.update(1, "a", model(w=[1.0])), 202)
    job.reach(2)
    ok(job.update(2, "a", model(w=[1.0])), 202)
    job.reach(3)
    assert job.values(2) == {"w": [1.0]}
    assert job.values(3) == {"w": [1.5]}


def states(events):
    return [event.data["state"] for event in events]


def test_events_tell_of_rounds(client):
    with Stream(client, "events?types=round") as events:
        job = Job(client, FIRST, rounds=1, min_clients=1)
        ok(job.update(1, "a", model({"loss": "2"}, w=[1.0, 2.0], b=[0.5])), 202)
        seen = events.until(lambda event: event.data["state"] == "completed")
    assert states(seen) == ["open", "aggregating", "closed", "completed"]
    assert {event.data["job_id"] for event in seen} == {job.id}
    assert seen[2].data["round"] == 1
    assert seen[2].data["metrics"] == {"clients": 1, "loss": 2}


# --- updates ------------------------------------------------------------------------------------

def test_the_same_update_again_is_200_and_counts_once(job):
    content = model(w=[3.0, 3.0], b=[3.0])
    first = ok(job.update(1, "a", content, 5), 202)
    assert first["client_id"] == "a"
    assert ok(job.update(1, "a", content, 5), 200) == first
    assert job.status()["cohort"]["accepted"] == 1


def test_anything_else_from_a_client_that_has_sent_is_409(job):
    content = model(w=[3.0, 3.0], b=[3.0])
    ok(job.update(1, "a", content, 5), 202)
    assert problem(job.update(1, "a", FIRST, 5), 409)["open_round"] == 1
    problem(job.update(1, "a", content, 6), 409)
    problem(job.update(1, "a", content, 5, kind="delta"), 409)


def test_a_closed_round_says_which_one_is_open(job):
    for client_id in "ab":
        ok(job.update(1, client_id, FIRST), 202)
    job.reach(2)
    assert problem(job.update(1, "c", FIRST), 409)["open_round"] == 2
    assert problem(job.update(3, "c", FIRST), 409)["open_round"] == 2


@pytest.mark.parametrize("content, name", [
    (model(w=[1.0, float("nan")], b=[0.5]), "w"),
    (model(w=[1.0, 2.0], b=[float("-inf")]), "b"),
    (model(w=[1.0, 2.0, 3.0], b=[0.5]), "w"),
    (model(w=[1.0, 2.0], c=[0.5]), "b"),
    (model(w=[1.0, 2.0]), "b"),
], ids=["nan", "infinity", "shape", "name", "missing"])
def test_an_update_that_does_not_fit_names_the_tensor(job, content, name):
    answer = job.update(1, "a", content)
    assert f'"{name}"' in problem(answer, 422)["detail"]
    assert job.status()["cohort"]["accepted"] == 0


@pytest.mark.parametrize("content", [b"", FIRST[:-1], FIRST + b"\0", b"\xff" * 64])
def test_an_update_that_is_no_model_is_refused(job, content):
    problem(job.update(1, "a", content), 422, 413)
    ok(job.update(1, "a", FIRST), 202)


@pytest.mark.parametrize("query, name", [
    ("num_samples=1", "client_id"), ("client_id=&num_samples=1", "client_id"),
    ("client_id=a%2Fb&num_samples=1", "client_id"), ("client_id=a", "num_samples"),
    ("client_id=a&num_samples=0", "num_samples"), ("client_id=a&num_samples=-1", "num_samples"),
    ("client_id=a&num_samples=9007199254740993", "num_samples"),
    ("client_id=a&num_samples=1&kind=both", "kind"), ("client_id=a&num_samples=1&x=1", "x"),
])
def test_a_bad_parameter_of_an_update_is_named(job, query, name):
    invalid_parameter(job.send(1, query, FIRST), name)


def test_more_samples_than_allowed_are_refused_and_not_cut(client):
    job = Job(client, FIRST, max_samples_per_client=10)
    invalid_parameter(job.update(1, "a", FIRST, 11), "num_samples")
    ok(job.update(1, "a", FIRST, 10), 202)


def test_an_update_over_the_jobs_limit_is_413(client):
    job = Job(client, FIRST, max_update_bytes=len(FIRST))
    problem(job.update(1, "a", FIRST + b"\0" * 100), 413)
    ok(job.update(1, "a", FIRST), 202)


def test_a_chunked_update_over_the_jobs_limit_is_413(server):
    job = Job(server.admin, model(w=[0.0] * 1000), max_update_bytes=1000)
    content = model(w=[0.0] * 1000)
    with server.raw() as raw:
        raw.send(authorized(server, f"Content-Type: {SAFETENSORS}", "Transfer-Encoding: chunked",
                            method="POST", target=f"/api/v1/{job.path}/rounds/1/updates"
                                                  "?client_id=a&num_samples=1"))
        raw.send(f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n")
        problem(raw.response(), 413)


def test_an_update_that_breaks_off_is_not_there(server):
    job = Job(server.admin, FIRST)
    with server.raw() as raw:
        raw.send(authorized(server, f"Content-Type: {SAFETENSORS}", f"Content-Length: {len(FIRST)}",
                            method="POST", target=f"/api/v1/{job.path}/rounds/1/updates"
                                                  "?client_id=a&num_samples=1") + FIRST[:-4])
    assert job.status()["cohort"]["accepted"] == 0
    ok(job.update(1, "a", FIRST), 202)


# --- time ---------------------------------------------------------------------------------------

def test_a_round_closes_at_its_timeout_with_enough_clients(client):
    job = Job(client, FIRST, min_clients=1, target_clients=5, round_timeout_sec=1)
    ok(job.update(1, "a", model(w=[3.0, 3.0], b=[3.0])), 202)
    job.reach(2)
    assert job.values(2) == {"w": [3.0, 3.0], "b": [3.0]}


def test_a_round_without_enough_clients_is_extended_once_then_paused(client):
    with Stream(client, "events?types=round") as events:
        job = Job(client, FIRST, round_timeout_sec=1)
        ok(job.update(1, "a", FIRST), 202)
        seen = events.until(lambda event: event.data["state"] == "paused")
    assert states(seen) == ["open", "extended", "paused"]
    paused = job.status()
    assert paused["state"] == "paused"
    assert "1 of at least 2" in paused["reason"]
    assert problem(job.update(1, "b", FIRST), 409)["open_round"] == 1
    resumed = ok(client.post(f"{job.path}/resume"))
    assert (resumed["state"], resumed["reason"], resumed["extended"]) == ("running", None, False)
    assert resumed["cohort"]["accepted"] == 1
    ok(job.update(1, "b", FIRST), 202)
    job.reach(2)


# --- pausing and deleting -----------------------------------------------------------------------

def test_a_paused_job_keeps_what_was_accepted(job):
    client = job.client
    ok(job.update(1, "a", model(w=[3.0, 3.0], b=[3.0])), 202)
    paused = ok(client.post(f"{job.path}/pause"))
    assert (paused["state"], paused["round"]) == ("paused", 1)
    assert paused["reason"]
    assert problem(job.update(1, "b", FIRST), 409)["open_round"] == 1
    ok(job.update(1, "a", model(w=[3.0, 3.0], b=[3.0])), 200)
    assert job.get().status == 200
    ok(client.post(f"{job.path}/pause"))
    ok(client.post(f"{job.path}/resume"))
    ok(job.update(1, "b", model(w=[5.0, 5.0], b=[5.0])), 202)
    job.reach(2)
    assert job.values() == {"w": [4.0, 4.0], "b": [4.0]}


def test_a_job_without_a_model_cannot_be_paused(client):
    job = Job(client)
    problem(client.post(f"{job.path}/pause"), 409)
    problem(client.post(f"{job.path}/resume"), 409)


def test_a_deleted_job_is_gone(job):
    ok(job.update(1, "a", FIRST), 202)
    status(job.client.delete(job.path), 204)
    problem(job.client.get(job.path), 404)
    problem(job.get(), 404)
    problem(job.client.get(f"{job.path}/rounds/1"), 404)
    problem(job.update(1, "b", FIRST), 404)
    problem(job.client.delete(job.path), 404)
    assert job.client.items("fl/jobs") == []


def test_old_models_go(start_daemon):
    daemon = start_daemon(args=["--fl-keep-models", "2"])
    job = Job(daemon.admin, model(w=[0.0]), rounds=5, min_clients=1)
    for number in range(1, 4):
        ok(job.update(number, "a", model(w=[float(number)])), 202)
        job.reach(number + 1)
    assert job.status()["first_model_kept"] == 3
    problem(job.get(2), 404)
    assert job.values(3) == {"w": [2.0]}
    assert job.round(1)["state"] == "closed"


# --- owners and roles ---------------------------------------------------------------------------

def test_a_job_is_invisible_to_other_owners(server, job, names):
    other = server.submitter(names("owner"))
    theirs = job.seen_by(other)
    problem(other.get(job.path), 404)
    problem(theirs.get(), 404)
    problem(theirs.put(FIRST), 404)
    problem(theirs.update(1, "a", FIRST), 404)
    problem(other.post(f"{job.path}/pause"), 404)
    problem(other.delete(job.path), 404)
    problem(other.get(f"{job.path}/rounds/1"), 404)
    assert ok(server.admin.get(job.path))["job_id"] == job.id


@pytest.mark.parametrize("role", ["join", "reader"])
def test_who_may_not_train_is_refused(server, job, role):
    client = server.role(role, ok(job.client.get(job.path))["owner"])
    problem(client.post("fl/jobs", json=job_body()), 403)
    problem(job.seen_by(client).update(1, "a", FIRST), 403)
    problem(client.post(f"{job.path}/pause"), 403)


@pytest.mark.parametrize("job_id", ["none", "00000000-0000-7000-8000-000000000000"])
def test_a_job_that_is_not_there_is_404(client, job_id):
    problem(client.get(f"fl/jobs/{job_id}"), 404)


def test_metrics_count_jobs_updates_and_rounds(server, job):
    for client_id in "ab":
        ok(job.update(1, client_id, FIRST), 202)
    job.reach(2)
    text = server.admin.get("/metrics").body.decode()
    for name in ('vcp_fl_jobs{state="running"}', "vcp_fl_updates_accepted_total",
                 "vcp_fl_rounds_closed_total"):
        line = next(line for line in text.splitlines() if line.startswith(name))
        assert float(line.split()[-1]) >= 1
