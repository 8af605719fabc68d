# SPDX-License-Identifier: Apache-2.0
"""One run of the kill test: load, kills, judgement."""

import random
import time

from harness import modules, tasks
from harness.programs import Daemon

from .ledger import Ledger, Task, judge_task
from .load import Batcher, Canceller, Node, Storer, Submitter

SAMPLE = 40
READ_WHOLE = 2000
PAUSE_S = (0.05, 0.5)


def run(programs, work_dir, kills, seed, report=print):
    """Returns the violations, which is an empty list if the server kept its word."""
    report(f"kill test: {kills} kills, seed {seed}")
    chance = random.Random(seed)
    daemon = Daemon(programs, work_dir).start()
    ledger = Ledger()
    actors = hire(daemon, ledger, seed)
    for actor in actors:
        actor.start()
    for number in range(1, kills + 1):
        progress(daemon, ledger, actors, chance)
        daemon.crash()
        judge_sample(daemon, ledger, chance)
        if ledger.violations:
            break
        if number % 5 == 0:
            report(f"  {number} kills, {ledger.acknowledgements()} acknowledgements")
    dismiss(actors, ledger)
    for _ in range(2):
        judge_everything(daemon, ledger, chance)
        daemon.crash()
    report(f"  {len(ledger.tasks)} tasks, {len(ledger.leases)} leases, "
           f"{sum(t.accepted is not None for t in ledger.tasks.values())} results, "
           f"{len(ledger.violations)} violations (seed {seed})")
    programs.end(daemon)
    return ledger.violations


def hire(daemon, ledger, seed):
    """The actors, not yet started."""
    admin = daemon.admin_token
    module_id = tasks.upload(daemon.admin, modules.echo())
    join = daemon.token("join")
    submitters = [Submitter(f"submitter-{i}", daemon, admin, ledger, seed, module_id)
                  for i in range(3)]
    nodes = [Node(f"node-{i}", daemon, join, ledger, seed) for i in range(3)]
    return [*submitters, *nodes, Batcher("batcher", daemon, admin, ledger, seed, module_id),
            Canceller("canceller", daemon, admin, ledger, seed),
            Storer("storer", daemon, admin, ledger, seed)]


def progress(daemon, ledger, actors, chance):
    """Lets the load run for a random moment in which something was acknowledged."""
    before = ledger.acknowledgements()
    time.sleep(chance.uniform(*PAUSE_S))
    end = time.monotonic() + 30
    while ledger.acknowledgements() == before and not ledger.violations:
        if time.monotonic() > end:
            alive = [actor.name for actor in actors if actor.is_alive()]
            ledger.violation(f"no progress in 30 s (alive: {alive}): {daemon.log()[-1000:]}")
        time.sleep(0.01)


def dismiss(actors, ledger):
    for actor in actors:
        actor.stopping.set()
    for actor in actors:
        actor.join(120)
        if actor.is_alive():
            ledger.violation(f"{actor.name} does not come to an end")


def judge_sample(daemon, ledger, chance):
    """A few of everything, while the load goes on."""
    known = ledger.known()
    for task_id in chance.sample(sorted(known), min(SAMPLE, len(known))):
        judge_one(daemon, ledger, task_id, known[task_id])
    for path in chance.sample(sorted(ledger.content), min(3, len(ledger.content))):
        judge_content(daemon, ledger, path)


def judge_one(daemon, ledger, task_id, known):
    answer = daemon.admin.get(f"tasks/{task_id}")
    if answer.status != 200:
        ledger.violation(f"task {task_id} was acknowledged and is answered {answer}")
        return
    sent_since = dict(ledger.tasks[task_id].results_sent)
    info = answer.json()
    contradiction = judge_task(known, info, sent_since)
    if info["status"] == "completed" and "output" not in (info["result"] or {}):
        contradiction = "it is completed and has no output"
    if contradiction:
        ledger.violation(f"task {task_id}: {contradiction} ({known})")


def judge_content(daemon, ledger, path):
    answer = daemon.admin.get(path)
    if (answer.status, answer.body) != (200, ledger.content[path]):
        ledger.violation(f"{path} is not what was stored: {answer}")


def judge_everything(daemon, ledger, chance):
    """All of the ledger against all of the server, when nobody asks for anything any more."""
    known = ledger.known()
    listed = daemon.admin.items("tasks")
    ids = {item["task_id"] for item in listed}
    if len(listed) != len(ids):
        ledger.violation(f"{len(listed) - len(ids)} tasks are listed twice")
    lost, invented = set(known) - ids, ids - set(known)
    if lost:
        ledger.violation(f"{len(lost)} acknowledged tasks are lost: {sorted(lost)[:5]}")
    if invented:
        ledger.violation(f"{len(invented)} tasks that nobody knows: {sorted(invented)[:5]}")
    for item in listed:
        contradiction = judge_task(known.get(item["task_id"], Task()), item)
        if contradiction:
            ledger.violation(f"listed task {item['task_id']}: {contradiction}")
    ended = sorted(task_id for task_id in ids & set(known) if known[task_id].ended_at)
    for task_id in chance.sample(ended, min(READ_WHOLE, len(ended))):
        judge_one(daemon, ledger, task_id, known[task_id])
    for path in ledger.content:
        judge_content(daemon, ledger, path)
    judge_tokens(daemon, ledger)
    judge_keys(daemon, ledger, chance)


def judge_tokens(daemon, ledger):
    for secrets, wanted in ((ledger.tokens, 200), (ledger.revoked, 401)):
        for token_id, secret in secrets.items():
            status = daemon.client(secret).get("nodes").status
            if status != wanted:
                ledger.violation(f"token {token_id} is answered {status}, not {wanted}")


def judge_keys(daemon, ledger, chance):
    """Some submissions are sent once more: they must be answered with the ids of then."""
    keys = sorted(ledger.bodies)
    for key in chance.sample(keys, min(200, len(keys))):
        path, media_type, body = ledger.bodies[key]
        answer = daemon.admin.send("POST", path, media_type, body,
                                   headers={"Idempotency-Key": key})
        if path == "tasks":
            got, wanted = answer.json().get("task_id"), ledger.keys[key]
        else:
            got = {line["index"]: line.get("task_id") for line in answer.ndjson()}
            wanted = ledger.batches[key]
        if got != wanted:
            ledger.violation(f"key {key} gives {got}, it gave {wanted}")
