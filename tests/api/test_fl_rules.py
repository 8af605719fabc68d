# SPDX-License-Identifier: Apache-2.0
"""Federated learning: privacy and its budget, asynchronous jobs, and tokens of clients."""

import math

import pytest

from harness.expect import invalid, invalid_within, ok, problem, status
from harness.models import Job, model

FIRST = model(w=[0.0] * 4)
GAUSSIAN = {"mechanism": "gaussian", "clip": 1.0, "delta": 1e-5}


def train(job, number, clients="ab"):
    for client_id in clients:
        ok(job.update(number, client_id, FIRST, 10), 202)
    return job.reach(number + 1)


# --- privacy ------------------------------------------------------------------------------------

def test_a_private_job_shows_what_it_spends(client):
    job = Job(client, FIRST, privacy={**GAUSSIAN, "noise_multiplier": 1})
    assert (job.status()["epsilon_spent"], job.status()["epsilon_budget"]) == (0, None)
    train(job, 1)
    spent = job.status()["epsilon_spent"]
    assert spent == pytest.approx(4.3771781, rel=1e-6)
    assert job.round(1)["epsilon_spent"] == spent
    assert job.round(2)["epsilon_spent"] == spent
    train(job, 2)
    assert job.status()["epsilon_spent"] > spent


def test_a_private_model_is_noisy(client):
    job = Job(client, FIRST, privacy={**GAUSSIAN, "noise_multiplier": 1})
    train(job, 1)
    assert all(value != 0 and abs(value) < 20 for value in job.values()["w"])


def test_a_private_job_shows_counts_only(client):
    job = Job(client, FIRST, privacy={**GAUSSIAN, "noise_multiplier": 1})
    ok(job.update(1, "secret-a", model({"loss": "3.25"}, w=[1.0] * 4)), 202)
    shown = job.round(1)
    assert shown["client_count"] == 1
    ok(job.update(1, "secret-b", FIRST), 202)
    job.reach(2)
    closed = job.round(1)
    assert closed["client_count"] == 2
    for text in (str(shown), str(closed), str(job.status())):
        assert "secret" not in text and "norm'" not in text and "3.25" not in text


def test_an_epsilon_alone_lets_all_rounds_fit(client):
    job = Job(client, FIRST, rounds=2, privacy={**GAUSSIAN, "epsilon": 5})
    assert job.info["privacy"]["noise_multiplier"] > 1
    train(job, 1)
    done = train(job, 2)
    assert (done["state"], done["reason"]) == ("completed", None)
    assert 4.99 < done["epsilon_spent"] <= 5


def test_a_job_stops_before_the_round_that_would_overspend(client):
    privacy = {**GAUSSIAN, "noise_multiplier": 1, "epsilon": 7}
    job = Job(client, FIRST, rounds=10, privacy=privacy)
    train(job, 1)
    stopped = train(job, 2)
    assert stopped["state"] == "completed"
    assert "budget" in stopped["reason"]
    assert stopped["epsilon_spent"] <= stopped["epsilon_budget"] == 7
    assert job.get().header("X-FL-Round") == "3"
    problem(job.update(3, "a", FIRST), 409)


def test_a_job_whose_first_round_would_overspend_runs_none(client):
    privacy = {**GAUSSIAN, "noise_multiplier": 1, "epsilon": 0.1}
    job = Job(client, FIRST, privacy=privacy)
    stopped = job.status()
    assert (stopped["state"], stopped["epsilon_spent"]) == ("completed", 0)
    problem(job.update(1, "a", FIRST), 409)


def test_laplace_needs_no_delta_and_adds_up(client):
    privacy = {"mechanism": "laplace", "clip": 1, "noise_multiplier": 2}
    job = Job(client, FIRST, privacy=privacy)
    train(job, 1)
    assert train(job, 2)["epsilon_spent"] == pytest.approx(1)


def test_an_adaptive_clip_follows_the_updates(client):
    adaptive = {"target_quantile": 0.5, "count_stddev": 1}
    job = Job(client, FIRST, privacy={**GAUSSIAN, "noise_multiplier": 1, "adaptive": adaptive})
    assert job.status()["privacy"]["clip"] == 1
    train(job, 1)
    clip = job.status()["privacy"]["clip"]
    assert clip > 0 and math.isfinite(clip) and clip != 1


def test_what_was_spent_is_spent_after_a_crash(start_daemon):
    daemon = start_daemon()
    job = Job(daemon.admin, FIRST, privacy={**GAUSSIAN, "noise_multiplier": 1})
    before = train(job, 1)
    daemon.crash()
    assert job.seen_by(daemon.admin).status() == before


# --- asynchronous -------------------------------------------------------------------------------

@pytest.fixture
def buffered(client):
    """An asynchronous job whose model moves on with every two updates."""
    return Job(client, FIRST, rounds=5, strategy={"name": "fedbuff"})


def test_a_buffer_takes_updates_of_earlier_models(buffered):
    delta = model(w=[1.0] * 4)
    for client_id in "ab":
        ok(buffered.update(1, client_id, delta, kind="delta"), 202)
    buffered.reach(2)
    assert buffered.values() == {"w": [1.0] * 4}
    ok(buffered.update(1, "late", delta, kind="delta"), 202)
    ok(buffered.update(2, "a", delta, kind="delta"), 202)
    buffered.reach(3)
    expected = 1 + (1 + 1 / math.sqrt(2)) / 2
    assert buffered.values()["w"] == pytest.approx([expected] * 4, rel=1e-6)
    problem(buffered.update(4, "a", delta), 409)


def test_weights_of_an_earlier_model_count_as_their_difference_from_it(buffered):
    for client_id in "ab":
        ok(buffered.update(1, client_id, model(w=[1.0] * 4)), 202)
    buffered.reach(2)
    ok(buffered.update(1, "late", model(w=[math.sqrt(2)] * 4)), 202)
    ok(buffered.update(2, "a", model(w=[1.0] * 4)), 202)
    buffered.reach(3)
    assert buffered.values()["w"] == pytest.approx([1.5] * 4, rel=1e-6)


def test_an_update_that_was_merged_is_not_merged_again(buffered):
    for client_id in "ab":
        ok(buffered.update(1, client_id, model(w=[1.0] * 4)), 202)
    buffered.reach(2)
    ok(buffered.update(1, "a", model(w=[1.0] * 4)), 200)
    problem(buffered.update(1, "a", model(w=[2.0] * 4)), 409)
    assert buffered.status()["cohort"]["accepted"] == 0


def test_only_a_buffer_takes_updates_of_earlier_models(client):
    job = Job(client, FIRST)
    train(job, 1)
    assert problem(job.update(1, "late", FIRST), 409)["open_round"] == 2


# --- tokens -------------------------------------------------------------------------------------

@pytest.fixture
def job(client):
    return Job(client, FIRST)


def fl_token(maker, job, client_id, **changes):
    fl = {"job_id": job.id, "client_id": client_id}
    return ok(maker.post("tokens", json={"role": "fl_client", "fl": fl, **changes}), 201)


def test_a_submitter_makes_tokens_for_clients_of_its_jobs(server, client, job):
    made = fl_token(client, job, "a", name="clinic")
    assert made["fl"] == {"job_id": job.id, "client_id": "a"}
    assert made["owner"] == job.info["owner"]
    own = job.seen_by(server.client(made["token"]))
    assert own.status()["job_id"] == job.id
    assert own.get().body == FIRST
    assert own.round(1)["state"] == "open"
    ok(own.update(1, "a", FIRST), 202)
    ok(own.send(1, "num_samples=1", FIRST), 200)


def test_a_clients_token_is_for_one_client_of_one_job(server, client, job):
    token = server.client(fl_token(client, job, "a")["token"])
    own = job.seen_by(token)
    problem(own.update(1, "b", FIRST), 403)
    other = Job(client, FIRST)
    problem(token.get(other.path), 404)
    problem(other.seen_by(token).update(1, "a", FIRST), 404)
    for path in ("fl/jobs", "tasks", "nodes", "events", "tokens"):
        problem(token.get(path), 403)
    problem(token.post(f"{job.path}/pause"), 403)
    problem(token.delete(job.path), 403)
    problem(own.put(FIRST), 403)


def test_an_administrators_client_token_belongs_to_the_jobs_owner(server, job):
    assert fl_token(server.admin, job, "a")["owner"] == job.info["owner"]
    fl = {"job_id": job.id, "client_id": "a"}
    body = {"role": "fl_client", "owner": "somebody", "fl": fl}
    invalid(server.admin.post("tokens", json=body), "/owner")


@pytest.mark.parametrize("fl, pointer", [
    (None, "/fl"), ({}, "/fl/job_id"), ({"job_id": "none", "client_id": "a"}, "/fl/job_id"),
    ({"job_id": "own"}, "/fl/client_id"), ({"job_id": "own", "client_id": "a/b"}, "/fl/client_id"),
    ({"job_id": "own", "client_id": "a", "x": 1}, "/fl/x"),
])
def test_a_clients_token_names_its_job_and_client(client, job, fl, pointer):
    if fl and fl.get("job_id") == "own":
        fl = {**fl, "job_id": job.id}
    body = {"role": "fl_client"} if fl is None else {"role": "fl_client", "fl": fl}
    invalid_within(client.post("tokens", json=body), pointer)


def test_a_submitter_makes_no_other_tokens_and_none_for_others_jobs(server, client, job, names):
    other = server.submitter(names("owner"))
    fl = {"job_id": job.id, "client_id": "a"}
    invalid(other.post("tokens", json={"role": "fl_client", "fl": fl}), "/fl/job_id")
    problem(client.post("tokens", json={"role": "reader"}), 403)
    invalid_within(server.admin.post("tokens", json={"role": "reader", "fl": fl}), "/fl")


def test_tokens_of_a_deleted_job_do_not_serve_any_more(server, client, job):
    token = server.client(fl_token(client, job, "a")["token"])
    status(client.delete(job.path), 204)
    problem(token.get(job.path), 401)


def test_a_clients_token_serves_after_a_restart(start_daemon):
    daemon = start_daemon()
    job = Job(daemon.admin, FIRST)
    token = fl_token(daemon.admin, job, "a")["token"]
    daemon.crash()
    ok(job.seen_by(daemon.client(token)).update(1, "a", FIRST), 202)
