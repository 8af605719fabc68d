# SPDX-License-Identifier: Apache-2.0
"""The programs as processes: flags, exit codes, configuration, starting and stopping."""

import datetime
import os
import re
import signal
import socket
import subprocess

import pytest

from harness import modules, tasks
from harness.expect import ok, problem, status
from harness.programs import LISTENING, NodeAgent
from harness.wait import eventually

PROGRAMS = ["vcpd", "vcp-node", "vcp"]


def text(run):
    return (run.stdout + run.stderr).decode(errors="replace")


# --- all three ----------------------------------------------------------------------------------

@pytest.mark.parametrize("name", PROGRAMS)
def test_help_exits_0_and_names_the_flags(programs, name):
    run = programs.run(name, "--help")
    assert run.returncode == 0
    flags = {"vcpd": ["--config", "--data-dir", "--listen", "--insecure-no-auth",
                      "--check-config"],
             "vcp-node": ["--coordinator", "--token-file", "--node-id", "--region",
                          "--node-type", "--slots", "--threads", "--label", "--data-dir",
                          "--ca-file", "--memory-mb", "--cpu-percent", "--disk-mb",
                          "--only-when"],
             "vcp": ["--server", "--token-file", "submit", "tasks", "nodes", "modules",
                     "tokens"]}[name]
    for flag in flags:
        assert flag in run.stdout.decode(), flag


@pytest.mark.parametrize("name", PROGRAMS)
def test_version_exits_0_and_tells_it(programs, name):
    run = programs.run(name, "--version")
    assert run.returncode == 0
    assert re.search(rb"\d+\.\d+", run.stdout)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_bad_flag_exits_2_and_is_named(programs, name):
    run = programs.run(name, "--no-such-flag")
    assert run.returncode == 2
    assert "--no-such-flag" in text(run)


@pytest.mark.parametrize("name, arguments", [
    ("vcpd", ["--data-dir"]), ("vcp-node", ["--coordinator"]), ("vcp", ["--server"]),
    ("vcpd", ["stray"]), ("vcp", ["dance"]), ("vcp", []), ("vcp-node", []),
], ids=str)
def test_bad_usage_exits_2(programs, name, arguments):
    assert programs.run(name, *arguments).returncode == 2


# --- vcpd: bad values and configuration ---------------------------------------------------------

@pytest.mark.parametrize("arguments, word", [
    (["--listen", "nonsense"], "listen"), (["--listen", "127.0.0.1:99999"], "listen"),
    (["--listen", "127.0.0.1:x"], "listen"), (["--listen", ""], "listen"),
    (["--config", "/no/such/file.toml"], "/no/such/file.toml"),
], ids=str)
def test_a_bad_value_exits_1_or_2_and_is_named(programs, tmp_path, arguments, word):
    run = programs.run("vcpd", "--data-dir", tmp_path / "d", *arguments)
    assert run.returncode in (1, 2)
    assert word in text(run)


@pytest.mark.parametrize("content, words", [
    ("colour = 'red'\n", ["colour"]),
    ("# fine\n\nlisten = [\n", ["3"]),
    ("listen = 5\n", ["listen"]),
    ("listen = 'nonsense'\n", ["listen"]),
], ids=["unknown key", "no TOML", "wrong type", "bad value"])
def test_check_config_names_file_line_and_key(programs, tmp_path, content, words):
    path = tmp_path / "vcpd.toml"
    path.write_text(content)
    run = programs.run("vcpd", "--config", path, "--data-dir", tmp_path / "d", "--check-config")
    assert run.returncode in (1, 2)
    for word in [path.name, *words]:
        assert word in text(run)


def test_check_config_accepts_an_empty_file_and_creates_nothing(programs, tmp_path):
    path = tmp_path / "vcpd.toml"
    path.write_text("")
    run = programs.run("vcpd", "--config", path, "--data-dir", tmp_path / "d", "--check-config")
    assert run.returncode == 0, text(run)
    assert not (tmp_path / "d").exists()


def test_check_config_without_a_file_creates_nothing(programs, tmp_path):
    run = programs.run("vcpd", "--data-dir", tmp_path / "d", "--check-config")
    assert run.returncode == 0, text(run)
    assert not (tmp_path / "d").exists()


def test_a_bad_environment_variable_is_named(programs, tmp_path):
    run = programs.run("vcpd", "--data-dir", tmp_path / "d", "--check-config",
                       env={"VCP_LISTEN": "nonsense"})
    assert run.returncode in (1, 2)
    assert "VCP_LISTEN" in text(run)


def test_flags_come_before_the_environment_and_that_before_the_file(programs, make_daemon,
                                                                   tmp_path):
    path = tmp_path / "vcpd.toml"
    path.write_text("listen = '127.0.0.1:1'\n")
    daemon = make_daemon(args=["--config", path], env={"VCP_LISTEN": "127.0.0.1:2"})
    daemon.start()
    assert daemon.port > 2


def test_the_file_sets_what_nothing_else_sets(programs, tmp_path):
    path = tmp_path / "vcpd.toml"
    path.write_text(f"listen = '127.0.0.1:0'\ndata_dir = '{tmp_path}/from-file'\n")
    run = subprocess.Popen([programs.path("vcpd"), "--config", path], stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL)
    try:
        assert LISTENING.match(run.stdout.readline())
        assert (tmp_path / "from-file" / "admin.token").exists()
    finally:
        run.kill()
        run.communicate()


# --- vcpd: starting -----------------------------------------------------------------------------

def test_the_first_start_creates_the_directory_and_the_token(start_daemon):
    daemon = start_daemon()
    assert daemon.data_dir.stat().st_mode & 0o777 == 0o700
    token = daemon.data_dir / "admin.token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert daemon.admin_token == token.read_text().strip()
    status(daemon.admin.get("tokens"), 200)


def test_a_later_start_keeps_the_token(start_daemon):
    daemon = start_daemon()
    before = daemon.admin_token
    daemon.restart()
    assert daemon.admin_token == before
    status(daemon.admin.get("tasks"), 200)


def test_the_listening_line_is_alone_on_standard_output(start_daemon):
    daemon = start_daemon()
    lines = [line for line in daemon.stdout().decode().splitlines() if "listening on" in line]
    assert lines == [f"listening on {daemon.url}"]


def test_it_serves_once_the_line_is_out(start_daemon):
    status(start_daemon().anonymous.get("/readyz"), 200)


def test_ipv6_loopback_is_served(make_daemon):
    daemon = make_daemon()
    daemon.host = "[::1]"
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("no IPv6 here")
    daemon.start()
    daemon.host = "::1"
    status(daemon.anonymous.get("health"), 200)


def test_a_second_daemon_on_the_directory_exits_1(start_daemon, make_daemon):
    first = start_daemon()
    second = make_daemon(data_dir=first.data_dir)
    second.launch_only()
    assert second.wait() == 1
    assert str(first.data_dir) in second.log()
    status(first.admin.get("tasks"), 200)


def test_a_taken_address_exits_1(start_daemon, programs, tmp_path):
    first = start_daemon()
    run = programs.run("vcpd", "--data-dir", tmp_path / "other", "--listen",
                       f"127.0.0.1:{first.port}")
    assert run.returncode == 1
    assert str(first.port) in text(run)
    assert not LISTENING.search(run.stdout)


@pytest.mark.parametrize("kind", ["a file", "below a file"])
def test_a_directory_that_is_none_exits_1(programs, tmp_path, kind):
    path = tmp_path / "file"
    path.write_text("")
    target = path if kind == "a file" else path / "data"
    run = programs.run("vcpd", "--data-dir", target, "--listen", "127.0.0.1:0")
    assert run.returncode == 1
    assert str(target) in text(run)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_directory_exits_1(programs, tmp_path):
    path = tmp_path / "locked"
    path.mkdir(mode=0o500)
    run = programs.run("vcpd", "--data-dir", path / "data", "--listen", "127.0.0.1:0")
    assert run.returncode == 1
    assert str(path) in text(run)


# --- vcpd: without authentication ---------------------------------------------------------------

def test_insecure_no_auth_serves_without_a_token(make_daemon):
    daemon = make_daemon(args=["--insecure-no-auth"]).start()
    status(daemon.anonymous.get("tasks"), 200)
    status(daemon.anonymous.get("tokens"), 200)
    task = tasks.park(daemon.anonymous, tasks.upload(daemon.anonymous, modules.echo()))
    assert task["owner"] == "default"


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
def test_insecure_no_auth_works_on_loopback_only(programs, tmp_path, host):
    run = programs.run("vcpd", "--data-dir", tmp_path / "d", "--insecure-no-auth", "--listen",
                       f"{host}:0")
    assert run.returncode in (1, 2)
    assert "loopback" in text(run) or "insecure" in text(run)


def test_a_plain_listener_is_on_loopback_only(programs, tmp_path):
    run = programs.run("vcpd", "--data-dir", tmp_path / "d", "--listen", "0.0.0.0:0")
    assert run.returncode in (1, 2)
    assert "loopback" in text(run) or "TLS" in text(run)


# --- vcpd: stopping -----------------------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_signal_ends_it_with_0(start_daemon, number):
    daemon = start_daemon()
    daemon.signal(number)
    assert daemon.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
def test_a_signal_right_after_the_line_ends_it_with_0(start_daemon, number):
    for _ in range(3):
        daemon = start_daemon()
        daemon.signal(number)
        assert daemon.wait() == 0


def test_a_directory_is_free_again_after_the_end(start_daemon):
    daemon = start_daemon()
    daemon.terminate()
    daemon.start()
    status(daemon.admin.get("tasks"), 200)


# --- vcp-node -----------------------------------------------------------------------------------

def node_arguments(daemon, token_file, data_dir):
    return ["--coordinator", daemon.url, "--token-file", token_file, "--data-dir", data_dir]


def test_a_node_registers_with_what_its_flags_say(server, start_node):
    start_node(server, node_id="flags", slots=7, threads=1,
               args=["--region", "mars", "--node-type", "storage", "--label", "rack=r1",
                     "--label", "zone=z=2"])
    node = ok(server.admin.get("nodes/flags"))
    assert (node["region"], node["node_type"], node["slots"]) == ("mars", "storage", 7)
    assert node["labels"]["rack"] == "r1" and node["labels"]["zone"] == "z=2"
    assert node["capabilities"]["cpu_cores"] >= 1
    assert node["capabilities"]["memory_gb"] >= 0.1


def test_a_node_tells_its_telemetry(server, start_node):
    start_node(server, node_id="measuring")
    telemetry = eventually(lambda: ok(server.admin.get("nodes/measuring"))["telemetry"],
                           "telemetry", 25)
    assert telemetry


@pytest.mark.parametrize("arguments", [
    ["--slots", "0"], ["--slots", "x"], ["--threads", "0"], ["--node-id", "a b"],
    ["--node-type", "toaster"], ["--label", "novalue"], ["--coordinator", "not-a-url"],
    ["--only-when", "sometimes"], ["--cpu-percent", "0"],
], ids=" ".join)
def test_a_bad_value_of_vcp_node_is_named(server, programs, tmp_path, arguments):
    given = node_arguments(server, server.token_file(server.token("join")), tmp_path / "n")
    run = programs.run("vcp-node", *given, *arguments, timeout=20)
    assert run.returncode in (1, 2)
    assert arguments[0].lstrip("-") in text(run) or arguments[1] in text(run)


def hours(first, last):
    """The rule for the hours from `first` to `last`, counted from now."""
    def time_of_day(offset):
        moment = datetime.datetime.now() + datetime.timedelta(hours=offset)
        return moment.strftime("%H:%M")
    return f"{time_of_day(first)}-{time_of_day(last)}"


@pytest.mark.parametrize("rules", [[hours(-1, 1)], ["mains"], [hours(2, 3), hours(-1, 1)]],
                         ids=["these hours", "mains", "one of two"])
def test_a_node_works_when_its_owner_lets_it(server, client, names, start_node, rules):
    name = names("willing")
    start_node(server, node_id=name,
               args=["--label", f"only={name}", *(f"--only-when={rule}" for rule in rules)])
    wanted = tasks.requirements(labels={"only": name})
    task = tasks.completed(client, modules.echo(), requirements=wanted)
    assert task["assigned_nodes"] == [name]


def test_a_node_takes_nothing_outside_its_hours(server, client, names, start_node):
    name = names("unwilling")
    start_node(server, node_id=name,
               args=["--label", f"only={name}", f"--only-when={hours(2, 3)}"])
    body = tasks.body(tasks.upload(client, modules.echo()),
                      requirements=tasks.requirements(labels={"only": name}))
    assert ok(client.post("tasks?wait=2", json=body), 201)["status"] == "pending"


def test_a_missing_token_file_is_named(server, programs, tmp_path):
    run = programs.run("vcp-node", *node_arguments(server, "/no/such.token", tmp_path / "n"))
    assert run.returncode in (1, 2)
    assert "/no/such.token" in text(run)


def test_a_token_that_may_not_register_ends_the_node(server, programs, tmp_path):
    file = server.token_file(server.token("reader"))
    run = programs.run("vcp-node", *node_arguments(server, file, tmp_path / "n"), timeout=30)
    assert run.returncode == 1


def test_a_node_id_that_is_taken_ends_the_node(server, programs, tmp_path, node):
    file = server.token_file(server.token("join"))
    run = programs.run("vcp-node", *node_arguments(server, file, tmp_path / "n"), "--node-id",
                       node.node_id, timeout=30)
    assert run.returncode == 1
    assert node.node_id in text(run)


def test_a_node_ends_with_0_on_sigterm(server, start_node):
    assert start_node(server, node_id="ending").terminate() == 0


def test_a_node_starts_again_with_its_own_token_although_the_join_token_was_revoked(
        server, start_node):
    join = ok(server.admin.post("tokens", json={"role": "join"}), 201)
    agent = start_node(server, node_id="returning", token=join["token"])
    agent.terminate()
    status(server.admin.delete(f"tokens/{join['token_id']}"), 204)
    agent.start()
    assert agent.online()


def test_the_nodes_own_token_is_private(server, start_node):
    agent = start_node(server, node_id="private")
    secrets = [path for path in agent.data_dir.rglob("*") if path.is_file()
               and "token" in path.name]
    assert secrets
    assert all(path.stat().st_mode & 0o077 == 0 for path in secrets)


def test_a_node_waits_for_a_coordinator_that_is_not_there_yet(programs, make_daemon, tmp_path):
    daemon = make_daemon().start()
    token = daemon.token_file(daemon.token("join"))
    daemon.terminate()
    agent = NodeAgent(programs, tmp_path / "early", daemon, node_id="early",
                      token=token.read_text().strip())
    try:
        agent.launch(["--coordinator", daemon.url, "--token-file", token, "--node-id", "early",
                      "--data-dir", agent.data_dir])
        daemon.start()
        eventually(agent.online, "the node online", 40)
    finally:
        programs.end(agent)


def test_a_deleted_node_registers_no_more_with_its_old_token(server, make_node):
    node = make_node()
    status(server.admin.delete(f"nodes/{node.node_id}"), 204)
    problem(node.register(), 401, 403)
