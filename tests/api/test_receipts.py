# SPDX-License-Identifier: Apache-2.0
"""Receipts, and the transparency log that they are leaves of."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess

import pytest

from harness import modules, tasks
from harness.expect import b64, ok, problem, status
from harness.node import FakeNode
from harness.wait import eventually


def receipt_of(client, task):
    return ok(client.get(f"tasks/{task['task_id']}/receipt"))


@pytest.fixture
def completed(client, node):
    """Completes a task by a played node and returns it."""
    def complete(output=b"answer", **changes):
        lease = node.leased(client, **changes)
        ok(node.result(lease, output))
        return ok(client.get(f"tasks/{lease['task_id']}"))
    return complete


@pytest.fixture(scope="module")
def vcp(server, programs):
    def run(*arguments, **options):
        return programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                            "receipts", *arguments, **options)
    return run


# --- what is checked here is RFC 6962 written down once more, from the entries alone --------------

def merkle_root(hashes):
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    pair = merkle_root(hashes[:split]) + merkle_root(hashes[split:])
    return hashlib.sha256(b"\x01" + pair).digest()


def complete_many(client, node, count):
    """Completes so many tasks by a played node; gives their ids."""
    one = tasks.body(tasks.upload(client, modules.echo()), requirements=node.requirements())
    tasks.batch(client, tasks.lines(*[one] * count))
    ids = []
    while len(ids) < count:
        leases = node.lease(100, wait=10)
        bodies = [{"task_id": lease["task_id"], **node.result_body(lease, b"answer")}
                  for lease in leases]
        status(node.results(bodies), 200)
        ids += [lease["task_id"] for lease in leases]
    return ids


def checkpoint_of(daemon):
    answer = daemon.anonymous.get("/log/checkpoint")
    assert answer.status == 200
    assert answer.header("Content-Type").startswith("text/plain")
    origin, size, root = answer.body.decode().split("\n")[:3]
    return origin, int(size), base64.b64decode(root)


def entries_of(daemon, size):
    """The entries of the log, from its bundles."""
    entries = []
    for index in range((size + 255) // 256):
        width = min(256, size - 256 * index)
        partial = "" if width == 256 else f".p/{width}"
        answer = daemon.anonymous.get(f"/log/tile/entries/{index:03}{partial}")
        assert answer.status == 200 and len(answer.body) == 34 * width
        for at in range(0, len(answer.body), 34):
            assert answer.body[at:at + 2] == b"\x00\x20"
            entries.append(answer.body[at + 2:at + 34])
    return entries


def checked_log(daemon):
    """All entries of a log whose checkpoint is of just these."""
    _, size, root = checkpoint_of(daemon)
    entries = entries_of(daemon, size)
    assert merkle_root([hashlib.sha256(b"\x00" + entry).digest() for entry in entries]) == root
    return entries


# --- receipts -----------------------------------------------------------------------------------

def test_a_receipt_says_what_was_asked_and_what_came_of_it(completed, client, node):
    task = completed(b"answer", argv=["a", "b"], env={"B": "2", "A": "1"}, input=b64(b"given"))
    receipt = receipt_of(client, task)["receipt"]
    assert receipt["task_id"] == task["task_id"]
    assert receipt["module_id"] == task["module_id"]
    assert receipt["argv"] == ["a", "b"] and receipt["env"] == {"A": "1", "B": "2"}
    assert receipt["input"] == {"sha256": "sha256:" + hashlib.sha256(b"given").hexdigest(),
                                "size": 5}
    assert receipt["output"] == {"sha256": "sha256:" + hashlib.sha256(b"answer").hexdigest(),
                                 "size": 6}
    assert receipt["verification"] == {"mode": "none"}
    assert [answer["node_id"] for answer in receipt["answers"]] == [node.node_id]
    assert receipt["engine"].startswith("wasmtime-")
    assert len(receipt["salt"]) == 32


def test_the_receipt_id_is_the_entry_of_the_log(completed, client, server):
    task = completed()
    evidence = receipt_of(client, task)
    canonical = json.dumps(evidence["receipt"], sort_keys=True, separators=(",", ":"),
                           ensure_ascii=False)
    digest = hashlib.sha256(canonical.encode())
    assert task["receipt_id"] == "sha256:" + digest.hexdigest()
    assert checked_log(server)[evidence["leaf_index"]] == digest.digest()


def test_a_receipt_verifies_offline(completed, client, server, vcp, tmp_path):
    file = tmp_path / "receipt.json"
    file.write_bytes(client.get(f"tasks/{completed()['task_id']}/receipt").body)
    key = server.anonymous.get("/log/key").body.decode().strip()
    good = vcp("verify", file, "--key", key)
    assert good.returncode == 0, good
    changed = json.loads(file.read_text())
    changed["receipt"]["gas_used"] += 1
    file.write_text(json.dumps(changed))
    bad = vcp("verify", file, "--key", key)
    assert bad.returncode == 1 and "inclusion_proof" in bad.stderr.decode()


def test_a_receipt_is_its_owners(completed, server):
    task = completed()
    other = server.submitter("somebody-else")
    problem(other.get(f"tasks/{task['task_id']}/receipt"), 404)
    problem(server.anonymous.get(f"tasks/{task['task_id']}/receipt"), 401)


def test_a_task_that_has_not_completed_has_none(client, node):
    running = node.leased(client)
    problem(client.get(f"tasks/{running['task_id']}/receipt"), 409)
    ok(node.result(running, b"", status="trap"))
    failed = ok(client.get(f"tasks/{running['task_id']}"))
    assert failed["status"] == "failed" and failed["receipt_id"] is None
    problem(client.get(f"tasks/{running['task_id']}/receipt"), 409)


def test_a_quorum_names_everybody_who_answered(client, server, names):
    label = names("receipt-quorum")
    nodes = [FakeNode(server, names("n"), labels={"team": label}) for _ in range(2)]
    task = tasks.submit(client, requirements=tasks.requirements(labels={"team": label}),
                        verification={"mode": "quorum", "agree": 2, "max_replicas": 3,
                                      "adaptive": False})
    for node in nodes:
        ok(node.result(node.lease_one(), b"same"))
    receipt = receipt_of(client, task)["receipt"]
    assert receipt["verification"] == {"mode": "quorum", "agree": 2, "max_replicas": 3,
                                       "adaptive": False, "accepted_adaptively": False}
    assert {answer["node_id"] for answer in receipt["answers"]} == {n.node_id for n in nodes}


# --- the log ------------------------------------------------------------------------------------

def test_the_log_is_public_and_tells_nothing_but_hashes(completed, server):
    completed()
    assert checked_log(server)


def test_tiles_are_those_of_the_checkpoint(completed, server):
    completed()
    _, size, _ = checkpoint_of(server)
    status(server.anonymous.get(f"/log/tile/0/000.p/{min(size, 255)}"), 200)
    problem(server.anonymous.get("/log/tile/0/999"), 404)
    problem(server.anonymous.get("/log/tile/9/000"), 404)
    problem(server.anonymous.get("/log/tile/0/0"), 404)
    problem(server.anonymous.get("/log/tile/entries/../000"), 400, 404)
    problem(server.anonymous.send("POST", "/log/checkpoint", "text/plain", b""), 405)


def test_every_completion_has_one_leaf_over_crashes(make_daemon, programs, tmp_path, names):
    daemon = make_daemon().start()
    client = daemon.submitter()
    key = daemon.anonymous.get("/log/key").body.decode().strip()
    ids = []
    for _ in range(4):
        ids += complete_many(client, FakeNode(daemon, names("n"), slots=100), 90)
        daemon.crash()
        watched = programs.run("vcp", "--server", daemon.url, "receipts", "monitor", "--once",
                               "--key", key, "--state", tmp_path / "seen")
        assert watched.returncode == 0, watched
    entries = checked_log(daemon)
    digests = ["sha256:" + entry.hex() for entry in entries]
    assert len(set(digests)) == len(digests) == len(ids)
    assert set(digests) == {ok(client.get(f"tasks/{i}"))["receipt_id"] for i in ids}


def test_a_monitor_catches_a_log_that_was_rewritten(make_daemon, programs, tmp_path, names):
    state = tmp_path / "seen"

    def watch(daemon, key):
        return programs.run("vcp", "--server", daemon.url, "receipts", "monitor", "--once",
                            "--key", key, "--state", state)

    def serve(directory, answers):
        daemon = make_daemon(data_dir=directory, args=["--log-name", "log.example"]).start()
        client, node = daemon.submitter(), FakeNode(daemon, names("n"))
        for _ in range(answers):
            ok(node.result(node.leased(client), b"answer"))
        eventually(lambda: checkpoint_of(daemon)[1] == answers, "a checkpoint of all")
        return daemon

    honest = serve(tmp_path / "honest", 3)
    key = honest.anonymous.get("/log/key").body.decode().strip()
    assert watch(honest, key).returncode == 0
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "other" / "log.key").write_bytes((tmp_path / "honest" / "log.key").read_bytes())
    rewritten = serve(tmp_path / "other", 5)
    caught = watch(rewritten, key)
    assert caught.returncode == 1 and "vcp: " in caught.stderr.decode()


def test_a_new_key_signs_beside_the_old_one(make_daemon, programs, tmp_path):
    daemon = make_daemon(data_dir=tmp_path / "data").start()
    old = daemon.anonymous.get("/log/key").body.decode().split()
    added = programs.run("vcpd", "--data-dir", tmp_path / "data", "--new-log-key")
    assert added.returncode == 0, added
    daemon.restart()
    assert daemon.anonymous.get("/log/key").body.decode().split() == [*old, added.stdout.decode().strip()]
    note = daemon.anonymous.get("/log/checkpoint").body.decode()
    assert len(note.split("\n\n")[1].strip().split("\n")) == 2


def test_a_log_without_its_key_is_not_gone_on_with(make_daemon, tmp_path, names):
    daemon = make_daemon(data_dir=tmp_path / "data").start()
    node = FakeNode(daemon, names("n"))
    ok(node.result(node.leased(daemon.submitter()), b"answer"))
    daemon.terminate()
    (tmp_path / "data" / "log.key").unlink()
    again = make_daemon(data_dir=tmp_path / "data")
    again.launch_only()
    assert again.wait(30) == 1
    assert "keys" in again.log()


# --- clients that are not ours --------------------------------------------------------------------

PEER = pathlib.Path(__file__).parent.parent / "log" / "peers" / "sumdb"


@pytest.fixture(scope="module")
def sumdb(tmp_path_factory):
    """Go's own packages for such logs, as a program that checks a copy of one."""
    if not shutil.which("go"):
        pytest.skip("there is no Go")
    program = tmp_path_factory.mktemp("go") / "sumdb"
    built = subprocess.run(["go", "build", "-o", program, "."], cwd=PEER, capture_output=True,
                           env=os.environ | {"GOPROXY": "off", "GOTOOLCHAIN": "local"})
    if built.returncode != 0:
        pytest.skip("its modules are not there")
    return program


def copy_log(daemon, receipts, directory):
    """Everything of the log that the receipts are proved by, in files."""
    def fetch(name):
        answer = daemon.anonymous.get(f"/log/{name}")
        assert answer.status == 200, answer
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(answer.body)

    fetch("checkpoint")
    fetch("key")
    (directory / "key").rename(directory / "keys")
    size = checkpoint_of(daemon)[1]
    (directory / "sizes").write_text(f"{size}\n")
    shutil.copy(directory / "checkpoint", directory / f"checkpoint.{size}")
    for prefix, hashes in [("tile/0", size), ("tile/entries", size), ("tile/1", size // 256)]:
        for first in range(0, hashes, 256):
            width = min(256, hashes - first)
            fetch(f"{prefix}/{first // 256:03}" + ("" if width == 256 else f".p/{width}"))
    lines = [" ".join(["inclusion", str(r["leaf_index"]), str(size), *r["inclusion_proof"]])
             for r in map(json.loads, receipts)]
    (directory / "proofs").write_text("\n".join(lines))
    (directory / "receipt.json").write_bytes(receipts[-1])


def test_a_stock_client_reads_the_log(sumdb, make_daemon, names, tmp_path):
    daemon = make_daemon().start()
    client = daemon.submitter()
    ids = complete_many(client, FakeNode(daemon, names("n"), slots=100), 300)
    eventually(lambda: checkpoint_of(daemon)[1] == len(ids), "a checkpoint of all")
    receipts = [client.get(f"tasks/{i}/receipt").body for i in ids]
    copy_log(daemon, receipts, tmp_path)
    checked = subprocess.run([sumdb, tmp_path], capture_output=True, text=True)
    assert checked.returncode == 0, checked
    assert "300 entries, 300 proofs, 1 receipt: all hold" in checked.stdout


# --- run again ----------------------------------------------------------------------------------

@pytest.mark.usefixtures("real_node")
def test_a_task_can_be_replayed_from_its_receipt(client, vcp):
    task = tasks.completed(client, modules.echo(), inputs={"any": "thing"})
    same = vcp("replay", task["task_id"])
    assert same.returncode == 0 and "the same" in same.stdout.decode(), same


def test_a_replay_tells_of_a_lie(completed, client, vcp):
    task = completed(b"a lie", module_id=tasks.upload(client, modules.echo()))
    told = vcp("replay", task["task_id"])
    assert told.returncode == 1 and "in the receipt" in told.stdout.decode(), told
