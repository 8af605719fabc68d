# SPDX-License-Identifier: Apache-2.0
"""What the server has acknowledged, and the judgement of what it says later.

Actors write down what they are about to ask for (`intend_…`) and what was acknowledged. The
ledger notes every contradiction at once in `violations`; `judge_task` compares a TaskInfo with
what is known. All methods may be called from any thread.
"""

import threading
import time
from dataclasses import dataclass, field, replace

from harness.expect import unb64


@dataclass
class Task:
    """One acknowledged task."""

    results_sent: dict = field(default_factory=dict)  # epoch -> output bytes
    accepted: tuple | None = None                     # (epoch, output) of the acknowledged result
    cancel_sent: bool = False
    cancelled: bool = False                           # the cancel was acknowledged
    highest_epoch: int = -1
    ended_at: float | None = None                     # monotonic, when its end was acknowledged

    def copy(self):
        return replace(self, results_sent=dict(self.results_sent))


@dataclass
class Lease:
    """One lease that a node was given."""

    task_id: str
    node_id: str
    epoch: int
    asked_at: float      # monotonic seconds, before the lease was asked for
    void: bool = False   # the node has registered again since


class Ledger:
    def __init__(self):
        self._lock = threading.Lock()
        self._order = []       # the ids of tasks as they were acknowledged
        self.tasks = {}        # task_id -> Task
        self.keys = {}         # idempotency key -> task_id
        self.batches = {}      # idempotency key -> {index: task_id}
        self.bodies = {}       # idempotency key -> (media type, bytes)
        self.leases = {}       # epoch -> Lease
        self.content = {}      # path of content -> bytes
        self.tokens = {}       # token_id -> secret
        self.revoked = {}      # token_id -> secret
        self.violations = []

    def violation(self, text):
        with self._lock:
            self.violations.append(text)

    # --- submissions ----------------------------------------------------------------------------

    def submitted(self, key, body, task_id):
        """A single submission was acknowledged, for the first time or again."""
        with self._lock:
            self.bodies[key] = body
            self._same(self.keys.setdefault(key, task_id), task_id, f"key {key}")
            self._new_task(task_id)

    def submitted_line(self, key, body, index, task_id):
        """A line of a batch was acknowledged, for the first time or again."""
        with self._lock:
            self.bodies[key] = body
            ids = self.batches.setdefault(key, {})
            self._same(ids.setdefault(index, task_id), task_id, f"batch {key} line {index}")
            self._new_task(task_id)

    def _same(self, known, now, what):
        if known != now:
            self.violations.append(f"{what}: was {known}, is now {now}")

    def _new_task(self, task_id):
        if task_id not in self.tasks:
            self.tasks[task_id] = Task()
            self._order.append(task_id)

    # --- leases and results ---------------------------------------------------------------------

    def leased(self, lease):
        """A node was given a lease; its epoch must be new and higher than the task's last."""
        with self._lock:
            known = self.leases.get(lease.epoch)
            if known is not None:
                self.violations.append(f"epoch {lease.epoch} twice: {known} and {lease}")
            self.leases[lease.epoch] = lease
            self._new_task(lease.task_id)
            task = self.tasks[lease.task_id]
            if lease.epoch <= task.highest_epoch:
                self.violations.append(f"epoch {lease.epoch} of {lease.task_id} went back "
                                       f"from {task.highest_epoch}")
            task.highest_epoch = max(task.highest_epoch, lease.epoch)
            if task.ended_at is not None and lease.asked_at > task.ended_at:
                self.violations.append(f"{lease.task_id} was leased again after its end")

    def intend_result(self, lease, output):
        with self._lock:
            self.tasks[lease.task_id].results_sent[lease.epoch] = output

    def result_accepted(self, lease, output):
        with self._lock:
            task = self.tasks[lease.task_id]
            if task.accepted not in (None, (lease.epoch, output)):
                self.violations.append(f"{lease.task_id} has two results: {task.accepted} and "
                                       f"{(lease.epoch, output)}")
            if task.cancelled:
                self.violations.append(f"{lease.task_id}: result accepted after its cancel")
            if lease.void:
                self.violations.append(f"{lease.task_id}: stale epoch {lease.epoch} accepted")
            task.accepted = (lease.epoch, output)
            task.ended_at = task.ended_at or time.monotonic()

    def result_refused(self, lease, age, lease_ttl):
        """A 409: right only for a lease that is void, expired, or whose task was cancelled."""
        with self._lock:
            task = self.tasks[lease.task_id]
            if task.accepted and task.accepted[0] == lease.epoch:
                self.violations.append(f"{lease.task_id}: its accepted result refused later")
            elif not (lease.void or task.cancel_sent or age >= lease_ttl):
                self.violations.append(f"{lease.task_id}: result of the live lease {lease.epoch} "
                                       f"refused after {age:.1f} s")

    def registered_again(self, leases):
        with self._lock:
            for lease in leases:
                lease.void = True

    # --- cancels --------------------------------------------------------------------------------

    def intend_cancel(self, task_id):
        with self._lock:
            self.tasks[task_id].cancel_sent = True

    def cancelled(self, task_id):
        with self._lock:
            task = self.tasks[task_id]
            if task.accepted:
                self.violations.append(f"{task_id}: cancelled after its result was accepted")
            task.cancelled = True
            task.ended_at = task.ended_at or time.monotonic()

    # --- everything else ------------------------------------------------------------------------

    def stored(self, path, content):
        with self._lock:
            self.content[path] = content

    def token_made(self, token_id, secret):
        with self._lock:
            self.tokens[token_id] = secret

    def token_revoked(self, token_id):
        with self._lock:
            self.revoked[token_id] = self.tokens.pop(token_id)

    def acknowledgements(self):
        """How much was acknowledged so far: a measure of progress."""
        with self._lock:
            return (len(self.tasks) + len(self.content) + len(self.tokens)
                    + sum(task.accepted is not None for task in self.tasks.values()))

    def known(self):
        """A copy of the tasks as they are known now: `judge_task` takes one of its values."""
        with self._lock:
            return {task_id: task.copy() for task_id, task in self.tasks.items()}

    def any_task(self, chance):
        """The id of a random task, or None."""
        with self._lock:
            return chance.choice(self._order) if self._order else None


def judge_task(known, info, sent_since=None):
    """What contradicts in a TaskInfo; `known` is from before it was read. None if nothing.

    `sent_since` are the results that were sent meanwhile, by epoch.
    """
    status = info["status"]
    if known.accepted and status != "completed":
        return f"its result was accepted, and it is {status}"
    if known.cancelled and status != "cancelled":
        return f"its cancel was acknowledged, and it is {status}"
    result = info["result"] or {}
    if status == "completed" and "output" in result:
        output = unb64(result["output"])
        if known.accepted:
            return None if output == known.accepted[1] else f"its result changed to {output!r}"
        sent = {**known.results_sent, **(sent_since or {})}
        return None if output in sent.values() else f"nobody sent {output!r}"
    return None
