# SPDX-License-Identifier: Apache-2.0
"""A whole training over HTTP: clients with data of their own, each with its own token, in threads."""

import random
import threading
import time

import pytest

from harness.expect import ok
from harness.models import Job, model, values

TRUE_SLOPE, TRUE_OFFSET = 3.0, -1.0
ROUNDS = 15


class Client(threading.Thread):
    """Fits y = wx + b to points around its own part of the line, by gradient descent."""

    def __init__(self, job, client_id, seed):
        super().__init__(daemon=True)
        self.job = job
        self.client_id = client_id
        chance = random.Random(seed)
        self.points = [(x, TRUE_SLOPE * x + TRUE_OFFSET + chance.gauss(0, 0.01))
                       for x in (chance.uniform(seed - 2, seed - 1) for _ in range(20 + seed))]
        self.failure = None

    def run(self):
        try:
            self.train()
        except AssertionError as failure:
            self.failure = failure

    def train(self):
        sent = 0
        while (status := self.job.status())["state"] == "running":
            if status["round"] == sent:
                time.sleep(0.01)
                continue
            answer = self.job.get()
            sent = int(answer.header("X-FL-Round"))
            answer = self.job.update(sent, self.client_id, self.fit(values(answer.body)),
                                     len(self.points))
            assert answer.status in (202, 409, 503), answer
            if answer.status == 503:  # a buffer is being put together
                sent = 0

    def fit(self, tensors):
        slope, offset = tensors["w"][0], tensors["b"][0]
        loss = self.loss(slope, offset)
        for _ in range(30):
            errors = [(x, slope * x + offset - y) for x, y in self.points]
            slope -= 0.1 * sum(x * error for x, error in errors) / len(errors)
            offset -= 0.1 * sum(error for _, error in errors) / len(errors)
        return model({"loss": repr(loss)}, w=[slope], b=[offset])

    def loss(self, slope, offset):
        return sum((slope * x + offset - y) ** 2 for x, y in self.points) / len(self.points)


@pytest.mark.parametrize("strategy, target", [
    ({"name": "fedavg"}, 4), ({"name": "fedavgm", "beta": 0.5}, 4), ({"name": "median"}, 4),
    ({"name": "fedbuff", "buffer_size": 3}, 4), ({"name": "fedavg"}, 3),
], ids=["fedavg", "fedavgm", "median", "fedbuff", "fedavg without the slowest"])
def test_clients_learn_a_line_that_none_of_them_sees_whole(server, client, strategy, target):
    job = Job(client, model(w=[0.0], b=[0.0]), rounds=ROUNDS, strategy=strategy, min_clients=3,
              target_clients=target)
    clients = []
    for seed in range(4):
        fl = {"job_id": job.id, "client_id": f"c{seed}"}
        token = ok(client.post("tokens", json={"role": "fl_client", "fl": fl}), 201)["token"]
        clients.append(Client(job.seen_by(server.client(token)), f"c{seed}", seed))
        clients[-1].start()
    for thread in clients:
        thread.join(60)
        assert not thread.is_alive() and thread.failure is None, thread.failure
    assert job.status()["state"] == "completed"
    losses = [job.round(number)["metrics"]["loss"] for number in range(1, ROUNDS + 1)]
    assert losses[-1] < losses[0] / 100
    learned = job.values()
    assert learned["w"][0] == pytest.approx(TRUE_SLOPE, abs=0.3)
    assert learned["b"][0] == pytest.approx(TRUE_OFFSET, abs=0.3)
