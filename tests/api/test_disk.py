# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, and files that were damaged while the server was down."""

import os
import re
import shutil
import subprocess

import pytest

from harness import modules, tasks
from harness.expect import ok, output_of, problem, status
from harness.node import FakeNode
from harness.programs import Daemon

BYTES = "application/octet-stream"
DISK_MIB = 64


# --- a full disk --------------------------------------------------------------------------------

@pytest.fixture
def disk(tmp_path):
    """A small file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs",
                              str(path)], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=False)


def fill(disk, leave):
    """Takes all room but `leave` bytes; the file to delete for it to come back."""
    path = disk / "ballast"
    free = shutil.disk_usage(disk).free
    with path.open("wb") as file:
        for _ in range(max(0, free - leave) // 65536):
            file.write(bytes(65536))
    return path


def submit_until_refused(client, body, most=20_000):
    acknowledged = []
    for _ in range(most):
        answer = client.post("tasks", json=body)
        if answer.status != 201:
            problem(answer, 503, 507)
            return acknowledged
        acknowledged.append(answer.json()["task_id"])
    raise AssertionError(f"{most} tasks on a disk that is full")


@pytest.mark.root
def test_a_full_disk_refuses_and_loses_nothing(disk, make_daemon):
    daemon = make_daemon(data_dir=disk / "data").start()
    client = daemon.submitter()
    module = tasks.upload(client, modules.echo())
    early = tasks.park(client, module)["task_id"]
    ballast = fill(disk, leave=2**20)

    # In the task's own record, so that it is the store that runs out of room.
    body = tasks.parked(module, argv=[os.urandom(15_000).hex()])
    acknowledged = submit_until_refused(client, body)

    not_ready = problem(daemon.anonymous.get("/readyz"), 503)
    assert not_ready["detail"]
    assert ok(client.get(f"tasks/{early}"))["status"] == "pending"
    assert {early, *acknowledged} <= {item["task_id"] for item in client.items("tasks")}
    problem(client.post(f"tasks/{early}/cancel"), 503, 507)
    status(daemon.anonymous.get("health"), 200)

    ballast.unlink()
    daemon.crash()
    found = {item["task_id"] for item in client.items("tasks")}
    assert {early, *acknowledged} <= found
    assert ok(client.get(f"tasks/{early}"))["status"] == "pending"
    tasks.park(client, module)


@pytest.mark.root
def test_a_daemon_that_could_not_write_ends_with_1(disk, make_daemon):
    daemon = make_daemon(data_dir=disk / "data").start()
    client = daemon.submitter()
    module = tasks.upload(client, modules.echo())
    fill(disk, leave=2**20)
    submit_until_refused(client, tasks.parked(module, argv=[os.urandom(15_000).hex()]))
    assert daemon.terminate() == 1
    assert "vcpd: " in daemon.log()


@pytest.mark.root
def test_a_blob_that_does_not_fit_is_refused_and_leaves_nothing(disk, make_daemon):
    daemon = make_daemon(data_dir=disk / "data").start()
    client = daemon.submitter()
    content = os.urandom(2**20) * (DISK_MIB + 10)
    answer = client.send("POST", "blobs", BYTES, content, timeout=60)
    problem(answer, 503, 507)
    assert shutil.disk_usage(disk).free > DISK_MIB * 2**20 // 2, "the rest was removed"


@pytest.mark.root
def test_a_start_on_a_full_disk_exits_1(disk, make_daemon):
    fill(disk, leave=0)
    daemon = make_daemon(data_dir=disk / "data")
    daemon.launch_only()
    assert daemon.wait(30) == 1
    assert re.search("space|full|disk|write", daemon.log(), re.IGNORECASE)


# --- damaged files ------------------------------------------------------------------------------

class History:
    """A server with something of everything, and what it has acknowledged."""

    def __init__(self, daemon):
        client = daemon.submitter()
        self.token = client.token
        node = FakeNode(daemon, "n", slots=64)
        self.module = tasks.upload(client, modules.echo())
        self.blob_content = os.urandom(200_000)
        self.blob = ok(client.send("POST", "blobs", BYTES, self.blob_content), 201)["blob_id"]
        self.pending = {tasks.park(client, self.module)["task_id"] for _ in range(40)}
        self.outputs = {}
        for i in range(40):
            lease = node.leased(client, module_id=self.module)
            status(node.result(lease, b"output %d" % i), 200)
            self.outputs[lease["task_id"]] = b"output %d" % i

    def missing(self, daemon):
        """What is not as it was acknowledged, in words."""
        client = daemon.client(self.token)
        found = []
        for task in self.pending:
            answer = client.get(f"tasks/{task}")
            if answer.status != 200 or answer.json()["status"] != "pending":
                found.append(f"task {task}: {answer}")
        for task, output in self.outputs.items():
            answer = client.get(f"tasks/{task}")
            if answer.status != 200 or answer.json()["status"] != "completed" or output_of(
                    answer.json()) != output:
                found.append(f"result of {task}: {answer}")
        if client.get(f"blobs/{self.blob}/content").body != self.blob_content:
            found.append("the blob")
        if client.get(f"modules/{self.module}/content").status != 200:
            found.append("the module")
        return found


@pytest.fixture(scope="module")
def history(programs, tmp_path_factory):
    """What was acknowledged, and the directory that the killed server left."""
    daemon = Daemon(programs, tmp_path_factory.mktemp("history")).start()
    made = History(daemon)
    daemon.kill()
    programs.end(daemon)
    return made, daemon.data_dir


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[int((len(content) - 1) * place)] ^= 0x40
    path.write_bytes(bytes(content))


def cut(path, keep):
    os.truncate(path, int(path.stat().st_size * keep))


DAMAGES = {
    "first byte flipped": lambda path: flip(path, 0),
    "byte flipped at a quarter": lambda path: flip(path, 0.25),
    "byte flipped in the middle": lambda path: flip(path, 0.5),
    "last byte flipped": lambda path: flip(path, 1),
    "cut in half": lambda path: cut(path, 0.5),
    "last bytes cut": lambda path: os.truncate(path, max(0, path.stat().st_size - 7)),
    "emptied": lambda path: cut(path, 0),
    "removed": lambda path: path.unlink(),
}
WORDS = re.compile("lost|corrupt|damage|truncat|missing|torn|drop|checksum|incomplete",
                   re.IGNORECASE)


def candidates(data_dir):
    """The files that matter, the largest first; nothing that is only told to people."""
    files = [path for path in data_dir.rglob("*") if path.is_file() and path.stat().st_size
             and not re.fullmatch(r"LOG.*|LOCK|IDENTITY", path.name)]
    return sorted(files, key=lambda path: -path.stat().st_size)[:6]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_survived_or_said(history, make_daemon, tmp_path, damage):
    acknowledged, original = history
    for number, path in enumerate(candidates(original)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(original, copy)
        victim = copy / path.relative_to(original)
        DAMAGES[damage](victim)
        daemon = make_daemon(data_dir=copy)
        check(daemon, acknowledged, f"{path.relative_to(original)}: {damage}")
        shutil.rmtree(copy)


def check(daemon, acknowledged, what):
    """Everything there, or exit 1 with words, or a log that says what was lost."""
    try:
        daemon.start()
    except AssertionError:
        daemon.kill()
        assert daemon.process.returncode == 1, f"{what}: {daemon.log()[-1000:]}"
        assert daemon.log().strip(), what
        return
    missing = acknowledged.missing(daemon)
    said = WORDS.search(daemon.log())
    daemon.kill()
    assert not missing or said, f"{what}: silently lost {missing[:3]} of {len(missing)}"


def test_the_undamaged_directory_has_everything(history, make_daemon, tmp_path):
    acknowledged, original = history
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    daemon = make_daemon(data_dir=copy).start()
    assert acknowledged.missing(daemon) == []


def test_a_removed_admin_token_is_made_again_or_refused(start_daemon):
    daemon = start_daemon()
    daemon.terminate()
    (daemon.data_dir / "admin.token").unlink()
    try:
        daemon.start()
    except AssertionError:
        daemon.kill()
        assert daemon.process.returncode == 1
        return
    status(daemon.admin.get("tokens"), 200)
