# SPDX-License-Identifier: Apache-2.0
"""The actors of the kill test: each a thread that asks, and repeats itself until answered."""

import http.client
import json
import random
import threading
import time

from harness import modules, tasks
from harness.expect import b64
from harness.node import TELEMETRY, registration
from harness.rest import absolute

from .ledger import Lease

LEASE_TTL_S = 25.0  # leases last 30 s; within this they must count
GIVE_UP_S = 90.0


class Lost(Exception):
    """The connection ended before there was a whole answer."""


class Connection:
    """One persistent connection of one actor; made again after each loss."""

    def __init__(self, daemon, token):
        self._daemon = daemon
        self._token = token
        self._connection = None

    def open(self, method, path, media_type=None, body=None, headers=None):
        """Sends a request and returns the answer, its body not yet read. Raises Lost."""
        fields = {"Authorization": f"Bearer {self._token}", **(headers or {})}
        if media_type:
            fields["Content-Type"] = media_type
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    self._daemon.host, self._daemon.port, timeout=30)
            self._connection.request(method, absolute(path), body=body, headers=fields)
            return self._connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self.lost() from error

    def call(self, method, path, media_type=None, body=None, headers=None):
        """The status and the body of the answer. Raises Lost."""
        answer = self.open(method, path, media_type, body, headers)
        try:
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise self.lost() from error

    def lost(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        return Lost()


class Actor(threading.Thread):
    """Does one piece of work after another until told to stop; finishes the one it is at."""

    def __init__(self, name, daemon, token, ledger, seed):
        super().__init__(name=name, daemon=True)
        self.connection = Connection(daemon, token)
        self.ledger = ledger
        self.random = random.Random(f"{seed} {name}")
        self.stopping = threading.Event()
        self._serial = 0

    def run(self):
        try:
            while not self.stopping.is_set():
                self.work()
            self.finish()
        except Exception as error:  # an actor that dies must not go unnoticed
            self.ledger.violation(f"{self.name} died: {error!r}")

    def work(self):
        raise NotImplementedError

    def finish(self):
        """What is left to do after the last piece of work."""

    def key(self):
        self._serial += 1
        return f"{self.name}-{self._serial}"

    def insist(self, method, path, *args):
        """Repeats a call until the server has really answered it."""
        end = time.monotonic() + GIVE_UP_S
        while time.monotonic() < end:
            try:
                status, body = self.connection.call(method, path, *args)
                if status not in (429, 503):
                    return status, body
            except Lost:
                pass
            time.sleep(0.01)
        raise TimeoutError(f"{method} {path} was not answered in {GIVE_UP_S} s")

    def expect(self, wanted, method, path, *args):
        """As `insist`; an answer with another status is a violation, and gives None."""
        status, body = self.insist(method, path, *args)
        if status in wanted:
            return json.loads(body) if body else {}
        self.ledger.violation(f"{self.name}: {method} {path} was answered {status} {body[:300]}")
        return None


class Submitter(Actor):
    """Single submissions with an Idempotency-Key, some of them sent again."""

    def __init__(self, name, daemon, token, ledger, seed, module_id):
        super().__init__(name, daemon, token, ledger, seed)
        self._module_id = module_id

    def work(self):
        key = self.key()
        body = json.dumps(tasks.body(self._module_id, inputs=key, max_retries=20,
                                     priority=self.random.randrange(10))).encode()
        for _ in range(2 if self.random.random() < 0.1 else 1):
            self.submit(key, body)

    def submit(self, key, body):
        headers = {"Idempotency-Key": key}
        status = 409
        while status == 409:  # the request that was cut off may still be under way
            status, answer = self.insist("POST", "tasks", "application/json", body, headers)
        if status == 201:
            self.ledger.submitted(key, ("tasks", "application/json", body),
                                  json.loads(answer)["task_id"])
        else:
            self.ledger.violation(f"submission {key} was answered {status} {answer[:300]}")


class Batcher(Actor):
    """Batches with an Idempotency-Key; what was answered of one that broke off is kept."""

    def __init__(self, name, daemon, token, ledger, seed, module_id):
        super().__init__(name, daemon, token, ledger, seed)
        self._module_id = module_id

    def work(self):
        key = self.key()
        count = self.random.randint(1, 60)
        body = tasks.lines(*(tasks.body(self._module_id, inputs=f"{key}/{i}", max_retries=20)
                             for i in range(count)))
        end = time.monotonic() + GIVE_UP_S
        while self.send(key, body) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"batch {key} was not answered")
            time.sleep(0.01)
        time.sleep(self.random.random() * 0.05)

    def send(self, key, body):
        """Posts the batch; how many lines were answered."""
        answered = 0
        try:
            answer = self.connection.open("POST", "tasks/batch", "application/x-ndjson", body,
                                          {"Idempotency-Key": key})
            if answer.status != 200:
                text = answer.read()
                if answer.status not in (409, 429, 503):
                    self.ledger.violation(f"batch {key} was answered {answer.status} {text}")
                return 0
            while (line := answer.readline()).endswith(b"\n"):
                self.record(key, body, json.loads(line))
                answered += 1
        except Lost:
            pass
        except (OSError, http.client.HTTPException):
            self.connection.lost()
        return answered

    def record(self, key, body, line):
        if "task_id" not in line:
            self.ledger.violation(f"batch {key}: {line}")
            return
        self.ledger.submitted_line(key, ("tasks/batch", "application/x-ndjson", body),
                                   line["index"], line["task_id"])


class Canceller(Actor):
    """Cancels some of the tasks that were acknowledged."""

    def work(self):
        time.sleep(0.02)
        task_id = self.ledger.any_task(self.random)
        if task_id is None:
            return
        self.ledger.intend_cancel(task_id)
        status, body = self.insist("POST", f"tasks/{task_id}/cancel")
        if status == 200:
            self.ledger.cancelled(task_id)
        elif status != 409:
            self.ledger.violation(f"cancel of {task_id} was answered {status} {body[:300]}")


class Storer(Actor):
    """Stores blobs and modules, makes tokens and revokes some of them."""

    def work(self):
        choice = self.random.choice([self.blob, self.module, self.token, self.revoke])
        choice()
        time.sleep(0.01)

    def blob(self):
        content = self.random.randbytes(self.random.choice([10, 10_000, 200_000]))
        answer = self.expect((200, 201), "POST", "blobs", "application/octet-stream", content)
        if answer:
            self.ledger.stored(f"blobs/{answer['blob_id']}/content", content)

    def module(self):
        content = modules.binary() + modules.custom_section(b"key", self.key().encode())
        answer = self.expect((200, 201), "POST", "modules", "application/wasm", content)
        if answer:
            self.ledger.stored(f"modules/{answer['module_id']}/content", content)

    def token(self):
        body = json.dumps({"role": "reader", "name": self.key()}).encode()
        answer = self.expect((201,), "POST", "tokens", "application/json", body)
        if answer:
            self.ledger.token_made(answer["token_id"], answer["token"])

    def revoke(self):
        if not self.ledger.tokens:
            return
        token_id = self.random.choice(list(self.ledger.tokens))
        self.expect((204, 404), "DELETE", f"tokens/{token_id}")  # 404: it was, unanswered
        self.ledger.token_revoked(token_id)


class Node(Actor):
    """A node that leases and answers, sometimes late, and registers again when it is unsure."""

    SLOTS = 64

    def __init__(self, name, daemon, join_token, ledger, seed):
        super().__init__(name, daemon, join_token, ledger, seed)
        self._held = []
        self._body = json.dumps(registration(name, slots=self.SLOTS)).encode()
        answer = self.expect((201,), "POST", "nodes", "application/json", self._body)
        self.connection = Connection(daemon, answer["node_token"])

    def work(self):
        try:
            self.beat()
            self.take()
        except Lost:  # leases that were given may never have arrived
            if self.random.random() < 0.3:
                self.register_again()
        share = self.random.choice([0.0, 0.5, 1.0])
        answering = [lease for lease in self._held if self.random.random() < share]
        if self.random.random() < 0.5:
            self.answer_together(answering)
        else:
            for lease in answering:
                self.answer(lease)

    def finish(self):
        for lease in list(self._held):
            self.answer(lease)

    def beat(self):
        leases = [{"task_id": lease.task_id, "epoch": lease.epoch} for lease in self._held]
        body = json.dumps({"telemetry": TELEMETRY, "leases": leases}).encode()
        status, answer = self.connection.call("PUT", f"nodes/{self.name}/heartbeat",
                                              "application/json", body)
        if status == 200:
            gone = {item["epoch"] for item in json.loads(answer)["cancelled"]}
            for lease in [lease for lease in self._held if lease.epoch in gone]:
                self.answer(lease)  # it will be refused, and that must be right

    def take(self):
        asked_at = time.monotonic()
        count = self.random.randint(1, 16)
        status, body = self.connection.call("POST", f"nodes/{self.name}/leases?max={count}&wait=1")
        if status != 200:
            return
        for item in json.loads(body)["leases"]:
            lease = Lease(item["task_id"], self.name, item["epoch"], asked_at)
            self.ledger.leased(lease)
            self._held.append(lease)

    def register_again(self):
        self.expect((200,), "POST", "nodes", "application/json", self._body)
        self.ledger.registered_again(self._held)
        if self._held and self.random.random() < 0.5:
            self.answer(self._held[0])
        self._held.clear()

    def result(self, lease):
        output = f"{lease.task_id} at {lease.epoch}".encode()
        self.ledger.intend_result(lease, output)
        return output, {"node_id": self.name, "epoch": lease.epoch, "status": "ok",
                        "output": b64(output), "log": "", "exit_code": 0, "gas_used": 1,
                        "execution_time_ms": 1}

    def answer(self, lease):
        output, body = self.result(lease)
        status, text = self.insist("POST", f"tasks/{lease.task_id}/result", "application/json",
                                   json.dumps(body).encode())
        self.judge(lease, output, status, text)

    def answer_together(self, leases):
        if not leases:
            return
        bodies = {lease.epoch: self.result(lease) for lease in leases}
        lines = "".join(json.dumps({"task_id": lease.task_id, **bodies[lease.epoch][1]}) + "\n"
                        for lease in leases).encode()
        self.insist("POST", f"nodes/{self.name}/results", "application/x-ndjson", lines)
        for lease in leases:  # what became of each is asked once more, one by one
            self.answer(lease)

    def judge(self, lease, output, status, text):
        if lease in self._held:
            self._held.remove(lease)
        if status == 200:
            self.ledger.result_accepted(lease, output)
        elif status == 409:
            self.ledger.result_refused(lease, time.monotonic() - lease.asked_at, LEASE_TTL_S)
        else:
            self.ledger.violation(f"result of {lease} was answered {status} {text[:300]}")
