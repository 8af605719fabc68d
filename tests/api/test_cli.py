# SPDX-License-Identifier: Apache-2.0
"""vcp as a user calls it: submit, tasks, nodes, modules, tokens."""

import json

import pytest

from harness import modules, tasks
from harness.expect import ok, output_of, status

pytestmark = pytest.mark.usefixtures("real_node")


@pytest.fixture(scope="module")
def vcp(server, programs):
    """Runs vcp against the shared server with the administrator's token."""
    def run(*arguments, **options):
        return programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                            *arguments, **options)
    return run


@pytest.fixture
def wat(tmp_path):
    """Writes a module to a file and returns its path."""
    def write(source):
        path = tmp_path / ("module.wasm" if isinstance(source, bytes) else "module.wat")
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        return path
    return write


def as_json(run):
    assert run.returncode == 0, run
    return json.loads(run.stdout)


# --- submit -------------------------------------------------------------------------------------

def test_submit_from_standard_input_writes_the_output_and_nothing_else(vcp, wat):
    content = bytes(range(256))
    run = vcp("submit", wat(modules.echo()), "--input", "-", "--wait", stdin=content)
    assert run.returncode == 0, run
    assert run.stdout == content


def test_submit_from_a_file(vcp, wat, tmp_path):
    path = tmp_path / "input"
    path.write_bytes(b"from a file\n")
    run = vcp("submit", wat(modules.echo()), "--input", path, "--wait")
    assert (run.returncode, run.stdout) == (0, b"from a file\n")


def test_submit_by_module_id(vcp, server):
    module = tasks.upload(server.admin, modules.echo())
    run = vcp("submit", module, "--input", "-", "--wait", stdin=b"by id")
    assert (run.returncode, run.stdout) == (0, b"by id")


def test_submit_of_a_scalar_call(vcp, wat):
    run = vcp("submit", wat(modules.binary()), "--function", "add", "--args", "[40, 2]",
              "--wait")
    assert run.returncode == 0, run
    assert run.stdout.strip() == b"[42]"


def test_submit_of_a_large_input(vcp, wat):
    content = b"x" * 500_000
    run = vcp("submit", wat(modules.echo()), "--input", "-", "--wait", stdin=content)
    assert (run.returncode, len(run.stdout)) == (0, len(content))


def test_submit_without_waiting_exits_0(vcp, wat, server):
    before = len(server.admin.items("tasks"))
    assert vcp("submit", wat(modules.echo())).returncode == 0
    assert len(server.admin.items("tasks")) == before + 1


def test_submit_as_json_gives_the_task(vcp, wat):
    task = as_json(vcp("submit", wat(modules.echo()), "--input", "-", "--wait", "--json",
                       stdin=b"as json"))
    assert task["status"] == "completed"
    assert output_of(task) == b"as json"


def test_submit_of_a_task_that_fails_exits_1_and_says_why(vcp, wat):
    run = vcp("submit", wat(modules.trapping()), "--wait")
    assert run.returncode == 1
    assert b"trap" in run.stderr


def test_submit_of_a_task_with_an_exit_code_writes_its_output(vcp, wat):
    run = vcp("submit", wat(modules.exiting(3)), "--wait")
    assert run.returncode == 1
    assert run.stdout == b"partial"
    assert b"exit" in run.stderr


@pytest.mark.parametrize("arguments, code", [
    (["submit"], 2), (["submit", "/no/such.wasm"], None), (["submit", "sha256:" + "0" * 64], 1),
], ids=str)
def test_submit_of_what_is_not_there(vcp, arguments, code):
    run = vcp(*arguments)
    assert run.returncode == code if code else run.returncode in (1, 2)
    assert run.stderr


def test_submit_of_what_is_no_module_exits_1_with_the_reason(vcp, wat):
    run = vcp("submit", wat(b"no module at all"), "--wait")
    assert run.returncode == 1
    assert run.stderr and not run.stdout


def test_submit_with_bad_args_names_them(vcp, wat):
    run = vcp("submit", wat(modules.binary()), "--function", "add", "--args", "[1", "--wait")
    assert run.returncode in (1, 2)
    assert b"args" in run.stderr


def test_submit_with_another_verification_mode_is_refused_by_name(vcp, wat):
    run = vcp("submit", wat(modules.echo()), "--verify", "proof", "--wait")
    assert run.returncode in (1, 2)
    assert b"proof" in run.stderr or b"verif" in run.stderr


def test_submit_with_mode_none_runs(vcp, wat):
    run = vcp("submit", wat(modules.echo()), "--verify", "none", "--input", "-", "--wait",
              stdin=b"x")
    assert (run.returncode, run.stdout) == (0, b"x")


# --- lists --------------------------------------------------------------------------------------

@pytest.mark.parametrize("verb", ["tasks", "nodes", "modules", "tokens"])
def test_a_list_for_people_exits_0(vcp, verb):
    run = vcp(verb)
    assert run.returncode == 0, run
    assert run.stdout


def test_tasks_as_json_have_the_task(vcp, server):
    task = tasks.park(server.admin)
    assert task["task_id"] in json.dumps(as_json(vcp("tasks", "--json")))


def test_nodes_as_json_have_the_node(vcp, real_node):
    assert real_node.node_id in json.dumps(as_json(vcp("nodes", "--json")))


def test_modules_as_json_have_the_module(vcp, server):
    module = tasks.upload(server.admin, modules.unlabelled())
    assert module in json.dumps(as_json(vcp("modules", "--json")))


def test_tokens_as_json_have_no_secret(vcp, server):
    made = ok(server.admin.post("tokens", json={"role": "reader", "name": "by cli"}), 201)
    listed = json.dumps(as_json(vcp("tokens", "--json")))
    assert made["token_id"] in listed
    assert made["token"] not in listed


def test_tables_name_what_they_list(vcp, real_node):
    assert real_node.node_id.encode() in vcp("nodes").stdout


# --- where and who ------------------------------------------------------------------------------

def test_server_and_token_come_from_the_environment_too(programs, server):
    run = programs.run("vcp", "tasks", "--json", env={"VCP_SERVER": server.url,
                                                      "VCP_TOKEN": server.admin_token})
    as_json(run)


def test_flags_come_before_the_environment(programs, server):
    run = programs.run("vcp", "--server", server.url, "--token-file", server.token_file(),
                       "tasks", "--json", env={"VCP_SERVER": "http://127.0.0.1:1",
                                               "VCP_TOKEN": "wrong"})
    as_json(run)


def test_no_token_exits_1_and_says_so(programs, server):
    run = programs.run("vcp", "--server", server.url, "tasks")
    assert run.returncode in (1, 2)
    assert b"token" in run.stderr.lower() or b"401" in run.stderr


def test_a_wrong_token_exits_1(programs, server):
    run = programs.run("vcp", "--server", server.url, "tasks", env={"VCP_TOKEN": "wrong"})
    assert run.returncode == 1
    assert run.stderr


def test_a_server_that_is_not_there_exits_1_and_is_named(programs, server):
    run = programs.run("vcp", "--server", "http://127.0.0.1:1", "--token-file",
                       server.token_file(), "tasks")
    assert run.returncode == 1
    assert b"127.0.0.1:1" in run.stderr


def test_what_the_server_refuses_is_told(programs, server):
    run = programs.run("vcp", "--server", server.url, "--token-file",
                       server.token_file(server.token("reader")), "tokens")
    assert run.returncode == 1
    assert run.stderr


def test_a_submitter_sees_its_own_tasks(programs, server, names):
    owner = names("owner")
    task = tasks.park(server.submitter(owner))
    run = programs.run("vcp", "--server", server.url, "--token-file",
                       server.token_file(server.token("submitter", owner)), "tasks", "--json")
    assert task["task_id"] in json.dumps(as_json(run))
    status(server.submitter(owner).get(f"tasks/{task['task_id']}"), 200)
