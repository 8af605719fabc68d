# SPDX-License-Identifier: Apache-2.0
"""`vcp fl`: create, status, watch, model, list."""

import json

import pytest

from harness.expect import ok, problem
from harness.models import Job, job_body, model


@pytest.fixture
def vcp(programs, server):
    """Runs the command line as the administrator."""
    def run(*args, code=0, stdin=None):
        done = programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                            *args, stdin=stdin)
        assert done.returncode == code, done
        return done.stdout
    return run


def test_a_job_is_created_and_started_from_files(vcp, tmp_path):
    first = tmp_path / "first.safetensors"
    first.write_bytes(model(w=[1.0]))
    body = tmp_path / "job.json"
    body.write_text(json.dumps(job_body(name="from a file")))
    job_id = vcp("fl", "create", body, "--model", first).decode().strip()
    shown = json.loads(vcp("fl", "status", job_id, "--json"))
    assert (shown["name"], shown["state"], shown["round"]) == ("from a file", "running", 1)
    assert b"from a file" in vcp("fl", "status", job_id)
    assert job_id in vcp("fl", "list", "--state", "running").decode()
    assert vcp("fl", "model", job_id) == model(w=[1.0])


def test_watch_tells_of_each_round_and_ends_with_the_job(vcp, server):
    job = Job(server.admin, model(w=[0.0]), rounds=2, min_clients=1)
    for number in (1, 2):
        content = model({"accuracy": f"0.{number}"}, w=[float(number)])
        ok(job.update(number, "a", content), 202)
        job.reach(number + 1)
    lines = vcp("fl", "watch", job.id).decode().splitlines()
    assert lines[0] == "round 1: 1 clients  accuracy 0.1"
    assert lines[1] == "round 2: 1 clients  accuracy 0.2"
    assert "completed, 2 of 2 rounds done" in lines[2]


def test_watch_of_a_paused_job_says_why_and_fails(vcp, server):
    job = Job(server.admin, model(w=[0.0]))
    ok(server.admin.post(f"{job.path}/pause"))
    assert b"paused on request" in vcp("fl", "watch", job.id, code=1)


def test_a_model_of_a_round_goes_to_a_file(vcp, server, tmp_path):
    job = Job(server.admin, model(w=[0.0]), min_clients=1)
    ok(job.update(1, "a", model(w=[7.0])), 202)
    job.reach(2)
    vcp("fl", "model", job.id, "--round", "1", "-o", tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == model(w=[0.0])
    vcp("fl", "model", job.id, "--round", "9", code=1)


def test_a_token_for_one_client_of_a_job(vcp, server):
    job = Job(server.admin, model(w=[0.0]))
    token = vcp("tokens", "create", "--role", "fl_client", "--job", job.id, "--client", "a")
    own = job.seen_by(server.client(token.decode().strip()))
    ok(own.update(1, "a", model(w=[1.0])), 202)
    problem(own.update(1, "b", model(w=[1.0])), 403)
    vcp("tokens", "create", "--role", "fl_client", "--job", job.id, code=2)
