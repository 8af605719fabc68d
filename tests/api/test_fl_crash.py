# SPDX-License-Identifier: Apache-2.0
"""Federated learning under kill -9: every acknowledged update counts once, every round once."""

import http.client
import threading

import pytest

from harness.expect import ok
from harness.models import Job, model
from harness.wait import eventually

CLIENTS = [f"c{number}" for number in range(8)]


def test_an_acknowledged_update_survives_and_counts_once(start_daemon):
    daemon = start_daemon()
    job = Job(daemon.admin, model(w=[0.0]))
    content = model(w=[4.0])
    ok(job.update(1, "a", content, 3), 202)
    daemon.crash()
    assert job.status()["cohort"]["accepted"] == 1
    assert job.round(1)["clients"] == [{"client_id": "a", "num_samples": 3, "norm": 4.0}]
    ok(job.update(1, "a", content, 3), 200)
    ok(job.update(1, "b", model(w=[0.0]), 1), 202)
    job.reach(2)
    assert job.values() == {"w": [3.0]}


@pytest.mark.parametrize("strategy", ["fedavg", "fedadam"])
def test_a_round_that_was_full_when_the_server_died_is_closed_once(start_daemon, strategy):
    daemon = start_daemon()
    job = Job(daemon.admin, model(w=[0.0] * 1000), rounds=6, strategy={"name": strategy})
    undisturbed = Job(daemon.admin, model(w=[0.0] * 1000), rounds=6, strategy={"name": strategy})
    for number in range(1, 5):
        for client_id in "ab":
            content = model(w=[float(number)] * 1000)
            ok(undisturbed.update(number, client_id, content), 202)
            ok(job.update(number, client_id, content), 202)
        undisturbed.reach(number + 1)
        daemon.crash()
        assert job.reach(number + 1)["round"] == number + 1
    assert job.get().body == undisturbed.get().body
    assert [job.round(number)["client_count"] for number in range(1, 5)] == [2] * 4


def test_a_paused_job_stays_paused_and_a_completed_one_completed(start_daemon):
    daemon = start_daemon()
    paused = Job(daemon.admin, model(w=[0.0]))
    ok(daemon.admin.post(f"{paused.path}/pause"))
    done = Job(daemon.admin, model(w=[0.0]), rounds=1, min_clients=1)
    ok(done.update(1, "a", model(w=[1.0])), 202)
    done.reach(2)
    before = [paused.status(), done.status()]
    daemon.crash()
    assert [paused.status(), done.status()] == before
    assert done.values() == {"w": [1.0]}


class Trainer(threading.Thread):
    """A client that sends its update for every round until the job is completed, and sends it again
    when the server dies under it. The update of every round moves the model by one."""

    def __init__(self, job, client_id):
        super().__init__(daemon=True)
        self.job = job
        self.client_id = client_id
        self.acknowledged = set()

    def run(self):
        while True:
            try:
                current = self.job.status()
                if current["state"] == "completed":
                    return
                self.send(current["round"])
            except (OSError, http.client.HTTPException):
                continue

    def send(self, number):
        if number in self.acknowledged:
            return
        answer = self.job.update(number, self.client_id, model(w=[1.0] * 100), kind="delta")
        if answer.status in (200, 202):
            self.acknowledged.add(number)
        else:
            assert answer.status in (409, 503), answer


def test_kills_in_the_middle_of_rounds_lose_nothing_and_count_nothing_twice(start_daemon):
    rounds = 12
    daemon = start_daemon()
    job = Job(daemon.admin, model(w=[0.0] * 100), rounds=rounds, min_clients=len(CLIENTS))
    trainers = [Trainer(job, client_id) for client_id in CLIENTS]
    for trainer in trainers:
        trainer.start()
    for number in (2, 4, 6, 8, 10):
        eventually(lambda number=number: job.status()["round"] >= number, "training", 60)
        daemon.crash()
    for trainer in trainers:
        trainer.join(60)
        assert not trainer.is_alive()
    # Every round moves the model by exactly one, however often it was tried.
    assert job.values() == {"w": [float(rounds)] * 100}
    for number in range(1, rounds + 1):
        assert job.values(number) == {"w": [float(number - 1)] * 100}
        assert [member["client_id"] for member in job.round(number)["clients"]] == CLIENTS
