# SPDX-License-Identifier: Apache-2.0
"""`vcp fl`: create, status, watch, model, list."""

import json

import pytest

from harness.expect import ok
from harness.models import Job, job_body, model


@pytest.fixture
def vcp(programs, server):
    """Runs the command line as the administrator."""
    def run(*args, code=0, stdin=None):
        done = programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                            "fl", *args, stdin=stdin)
        assert done.returncode == code, done
        return done.stdout
    return run


def test_a_job_is_created_and_started_from_files(vcp, tmp_path):
    first = tmp_path / "first.safetensors"
    first.write_bytes(model(w=[1.0]))
    body = tmp_path / "job.json"
    body.write_text(json.dumps(job_body(name="from a file")))
    job_id = vcp("create", body, "--model", first).decode().strip()
    shown = json.loads(vcp("status", job_id, "--json"))
    assert (shown["name"], shown["state"], shown["round"]) == ("from a file", "running", 1)
    assert b"from a file" in vcp("status", job_id)
    assert job_id in vcp("list", "--state", "running").decode()
    assert vcp("model", job_id) == model(w=[1.0])


def test_watch_tells_of_each_round_and_ends_with_the_job(vcp, server):
    job = Job(server.admin, model(w=[0.0]), rounds=2, min_clients=1)
    for number in (1, 2):
        content = model({"accuracy": f"0.{number}"}, w=[float(number)])
        ok(job.update(number, "a", content), 202)
        job.reach(number + 1)
    lines = vcp("watch", job.id).decode().splitlines()
    assert lines[0] == "round 1: 1 clients  accuracy 0.1"
    assert lines[1] == "round 2: 1 clients  accuracy 0.2"
    assert "completed, 2 of 2 rounds done" in lines[2]


def test_watch_of_a_paused_job_says_why_and_fails(vcp, server):
    job = Job(server.admin, model(w=[0.0]))
    ok(server.admin.post(f"{job.path}/pause"))
    assert b"paused on request" in vcp("watch", job.id, code=1)


def test_a_model_of_a_round_goes_to_a_file(vcp, server, tmp_path):
    job = Job(server.admin, model(w=[0.0]), min_clients=1)
    ok(job.update(1, "a", model(w=[7.0])), 202)
    job.reach(2)
    vcp("model", job.id, "--round", "1", "-o", tmp_path / "model")
    assert (tmp_path / "model").read_bytes() == model(w=[0.0])
    vcp("model", job.id, "--round", "9", code=1)
