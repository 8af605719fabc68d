# SPDX-License-Identifier: Apache-2.0
"""Programs that really run on a vcp-node: the three ABIs, every limit, every failure reason."""

import json

import pytest

from harness import modules, tasks
from harness.expect import b64, ok, output_of, status
from harness.tasks import completed, failed, requirements
from harness.wait import eventually

pytestmark = pytest.mark.usefixtures("real_node")


@pytest.fixture(scope="module")
def owner(server):
    return server.submitter("execution")


def outputs(client, source, **changes):
    return output_of(completed(client, source, **changes))


# --- WASI commands ------------------------------------------------------------------------------

@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256)), b"\n" * 3, b"x" * 65536,
                                     b"y" * 65537, b"z" * 1_000_000],
                         ids=lambda content: f"{len(content)} bytes")
def test_standard_input_goes_to_standard_output(owner, content):
    assert outputs(owner, modules.echo(), input=b64(content)) == content


def test_inputs_reach_standard_input_exactly_as_sent(owner):
    module = tasks.upload(owner, modules.echo())
    body = json.dumps(tasks.body(module))[:-1] + ', "inputs":  {"b":1.0, "a": [ ]}  }'
    answer = owner.send("POST", "tasks?wait=30", "application/json", body.encode(), timeout=60)
    assert output_of(ok(answer, 201)) == b'{"b":1.0, "a": [ ]}'


def test_an_input_blob_reaches_standard_input(owner):
    content = b"blob" * 50_000
    blob = ok(owner.send("POST", "blobs", "application/octet-stream", content), 200, 201)
    limits = {"output_bytes": len(content)}
    assert outputs(owner, modules.echo(), input_blob=blob["blob_id"], limits=limits) == content


def test_an_inline_module_runs(owner):
    body = {**tasks.body(""), "wasm_module": b64(modules.binary()), "function": "add",
            "args": [40, 2]}
    del body["module_id"]
    task = ok(owner.post("tasks?wait=30", json=body, timeout=60), 201)
    assert output_of(task) == b"[42]"


def test_a_computation_is_a_wasm_execution(owner):
    assert outputs(owner, modules.echo(), task_type="computation", input=b64(b"same")) == b"same"


@pytest.mark.parametrize("argv", [[], ["one"], ["a b", "", "\u00e9"]], ids=str)
def test_argv_follows_the_programs_name(owner, argv):
    expected = b"".join(word.encode() + b"\0" for word in ["task", *argv])
    assert outputs(owner, modules.arguments(), argv=argv) == expected


def test_the_environment_is_what_was_sent_and_nothing_of_the_host(owner):
    got = outputs(owner, modules.environment(), env={"NAME": "value", "EMPTY": ""})
    assert sorted(got.split(b"\0")[:-1]) == [b"EMPTY=", b"NAME=value"]


def test_without_env_the_environment_is_empty(owner):
    assert outputs(owner, modules.environment()) == b""


def test_standard_error_is_the_log(owner):
    task = completed(owner, modules.printing("to the log", descriptor=2))
    assert task["result"]["log"] == "to the log"
    assert output_of(task) == b""
    assert not task["result"].get("log_truncated")


def test_standard_error_is_cut_at_64_kib(owner):
    result = completed(owner, modules.filling(100_000, descriptor=2))["result"]
    assert len(result["log"]) == 65536
    assert result["log_truncated"] is True


def test_standard_error_of_exactly_64_kib_is_not_cut(owner):
    result = completed(owner, modules.filling(65536, descriptor=2))["result"]
    assert len(result["log"]) == 65536
    assert not result.get("log_truncated")


def test_a_result_says_what_it_took(owner):
    result = completed(owner, modules.echo(), input=b64(b"x"))["result"]
    assert result["exit_code"] == 0
    assert result["gas_used"] > 0
    assert result["execution_time_ms"] >= 0
    assert result["output_text"] == "x"


def test_a_task_that_ran_names_its_node(owner, real_node):
    task = completed(owner, modules.echo())
    assert task["assigned_nodes"] == [real_node.node_id]
    assert task["attempts"] == 1
    assert task.get("failure") is None


def test_all_46_functions_of_preview_1_link(owner):
    completed(owner, modules.every_preview1_function())


def test_exit_code_0_by_proc_exit_is_success(owner):
    assert outputs(owner, modules.exiting(0, "done")) == b"done"


def test_there_are_no_files(owner):
    errno, = outputs(owner, modules.opening_a_file())
    assert errno != 0


def test_a_sleep_moves_the_programs_clock_only(owner):
    task = completed(owner, modules.sleeping(3600), requirements=requirements(
        max_execution_time_sec=5))
    assert output_of(task) == b"awake"


def test_the_same_program_and_input_cost_the_same_gas(owner):
    used = {completed(owner, modules.echo(), input=b64(b"same"))["result"]["gas_used"]
            for _ in range(3)}
    assert len(used) == 1


def test_the_clock_is_fixed_and_randomness_differs_between_tasks(owner):
    one, two = (outputs(owner, modules.clock_and_random()) for _ in range(2))
    assert one[:16] == two[:16]
    assert one[16:] != two[16:]


# --- reactors and scalar calls ------------------------------------------------------------------

def test_a_reactor_maps_bytes_to_bytes(owner):
    assert outputs(owner, modules.reactor(), input=b64(b"as it is")) == b"as it is"


def test_a_reactor_without_input_has_an_empty_one(owner):
    assert outputs(owner, modules.reactor()) == b""


def test_initialize_of_a_reactor_is_called_first(owner):
    assert outputs(owner, modules.reactor_with_initialize()) == b"1"


@pytest.mark.parametrize("body", ["(i64.const -1)", "(i64.const 0x0001ffff00000010)",
                                  "(i64.const 0xfffffff000000020)"],
                         ids=["all ones", "at the end", "wraps around"])
def test_a_reactors_output_outside_its_memory_is_a_trap(owner, body):
    failed(owner, modules.reactor(body), "trap", input=b64(b"x"))


@pytest.mark.parametrize("function, args, expected", [
    ("add", [1, 2], "[3]"), ("add", [-1, 0], "[-1]"), ("add", [2**31 - 1, 1], f"[{-2**31}]"),
    ("add64", [2**63 - 2, 1], f"[{2**63 - 1}]"), ("add64", [-2**63, 0], f"[{-2**63}]"),
    ("add64", [9007199254740993, 0], "[9007199254740993]"),
    ("mul", [2.5, 2], "[5.0]"), ("mul", [1e300, 1e10], '["Infinity"]'),
    ("divide", [1, 0], '["Infinity"]'), ("divide", [-1, 0], '["-Infinity"]'),
    ("divide", [0, 0], '["NaN"]'), ("divide", [1, 3], "[0.3333333333333333]"),
    ("half", [3], "[1.5]"), ("both", [-7], "[-7,-7]"), ("nothing", [], "[]"),
], ids=str)
def test_a_scalar_call_gives_the_array_of_its_results(owner, function, args, expected):
    got = outputs(owner, modules.calculator(), function=function, args=args).decode()
    assert json.loads(got) == json.loads(expected)
    if "." not in expected:
        assert got.replace(" ", "") == expected


# --- failures -----------------------------------------------------------------------------------

@pytest.mark.parametrize("code", [1, 2, 42, 255])
def test_an_exit_code_is_a_failure_that_keeps_its_output(owner, code):
    task = failed(owner, modules.exiting(code), "exit_code")
    assert task["result"]["exit_code"] == code
    assert output_of(task) == b"partial"
    assert owner.get(f"tasks/{task['task_id']}/output").body == b"partial"


def seconds(limit, **changes):
    return {"requirements": requirements(max_execution_time_sec=limit), "max_retries": 0,
            **changes}


@pytest.mark.parametrize("source, reason, changes", [
    (modules.trapping(), "trap", {}),
    (modules.calculator(), "trap", {"function": "quotient", "args": [1, 0]}),
    (modules.recursing(), "stack_overflow", {}),
    (modules.endless(), "out_of_gas", {"limits": {"gas": 1_000_000}}),
    (modules.endless(), "timeout", seconds(1, limits={"gas": 10**13})),
    (modules.counting(), "timeout", seconds(1, limits={"gas": 10**13})),
    (modules.calculator(), "timeout", seconds(1, limits={"gas": 10**13}, function="spin",
                                              args=[])),
    (modules.endless_start_function(), "out_of_gas", {"limits": {"gas": 1_000_000}}),
    (modules.endless_start_function(), "timeout", seconds(1, limits={"gas": 10**13})),
    (modules.large_memory(32), "out_of_memory", {"limits": {"memory_mb": 1}}),
    (modules.filling(1001), "output_too_large", {"limits": {"output_bytes": 1000}}),
    (modules.flooding(), "output_too_large", {}),
], ids=["unreachable", "division by zero", "stack overflow", "gas", "time", "time with stores",
        "time in a scalar call", "gas in the start function", "time in the start function",
        "memory at the start", "output", "endless output"])
def test_a_failure_has_its_reason(owner, source, reason, changes):
    task = failed(owner, source, reason, **changes)
    assert task["failure"]["detail"]
    attempts = task["failure"]["attempts"]
    assert [attempt["reason"] for attempt in attempts] == [reason]
    assert task["task_id"] in {item["task_id"] for item in owner.items("tasks/dead")}


def test_a_timeout_is_tried_again(owner):
    changes = {**seconds(1, limits={"gas": 10**13}), "max_retries": 1}
    task = failed(owner, modules.endless(), "timeout", wait=60, **changes)
    assert len(task["failure"]["attempts"]) == 2


def test_growing_within_the_limit_works_and_beyond_it_is_minus_one(owner):
    limits = {"memory_mb": 1}
    assert outputs(owner, modules.growing(15), limits=limits) == b"\1\0\0\0"
    assert outputs(owner, modules.growing(16), limits=limits) == b"\xff\xff\xff\xff"


def test_memory_of_exactly_the_limit_is_fine(owner):
    assert outputs(owner, modules.large_memory(16), limits={"memory_mb": 1}) == b"ok"


def test_an_output_of_exactly_the_limit_is_fine(owner):
    assert len(outputs(owner, modules.filling(1000), limits={"output_bytes": 1000})) == 1000


def test_gas_is_exact(owner):
    used = completed(owner, modules.filling(10), max_retries=0)["result"]["gas_used"]
    enough = completed(owner, modules.filling(10), limits={"gas": used})
    assert enough["result"]["gas_used"] == used
    failed(owner, modules.filling(10), "out_of_gas", limits={"gas": used - 1})


def test_a_running_task_is_cancelled(owner, server):
    task = tasks.submit(owner, tasks.upload(owner, modules.endless()),
                        limits={"gas": 10**13},
                        requirements=requirements(max_execution_time_sec=600))
    path = f"tasks/{task['task_id']}"
    eventually(lambda: ok(owner.get(path))["status"] == "running", "the task running")
    status(owner.post(f"{path}/cancel"), 200)
    eventually(lambda: ok(server.admin.get("nodes/agent-1"))["slots_free"] == 4, "the slot free",
               30)
    assert ok(owner.get(path))["status"] == "cancelled"


# --- hostile modules ----------------------------------------------------------------------------

def hostile():
    locals_ = "(local " + "i64 " * 49_000 + ")"
    table = "(block (br_table " + "0 " * 1_000 + "(i32.const 0)))"
    return {
        "4 GiB of memory": modules.large_memory(65536),
        "49,000 locals": modules.command("nop", locals_=locals_),
        "many br_tables": modules.command(table * 400),
        "overlapping data": modules.command("nop", data="".join(
            f'(data (i32.const {i}) "{"x" * 100}")' for i in range(2000))),
        "data outside": modules.command("nop", data='(data (i32.const 70000) "x")'),
        "a huge table": modules.command("nop", functions="(table 10000000 funcref)"),
        "deep blocks": modules.command("(block " * 500 + "nop" + ")" * 500),
        "many functions": modules.command("nop", functions="(func (i32.const 1) drop)" * 20_000),
        "many values in calls": modules.command(
            "(call $many) " + "drop " * 900, functions="(func $many (result" + " i32" * 900
            + ") " + "(i32.const 1) " * 900 + ")"),
    }


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_module_ends_and_the_node_goes_on(owner, name):
    answer = owner.send("POST", "modules", "text/wat", hostile()[name].encode(), timeout=60)
    if answer.status != 422:
        module = status(answer, 200, 201).json()["module_id"]
        body = tasks.body(module, max_retries=0,
                          requirements=requirements(max_execution_time_sec=20))
        task = ok(owner.post("tasks?wait=50", json=body, timeout=80), 201)
        assert task["status"] in ("completed", "failed"), task
        if task["status"] == "failed":
            assert task["failure"]["reason"] in ("trap", "out_of_memory", "module_invalid",
                                                 "timeout", "out_of_gas"), task["failure"]
    assert outputs(owner, modules.echo(), input=b64(b"alive")) == b"alive"


# --- many ---------------------------------------------------------------------------------------

def test_a_batch_of_tasks_runs(owner):
    body = tasks.body(tasks.upload(owner, modules.echo()))
    answers = tasks.batch(owner, tasks.lines(*({**body, "inputs": i} for i in range(200))))
    for i, answer in enumerate(answers):
        task = ok(owner.get(f"tasks/{answer['task_id']}?wait=30", timeout=60))
        assert output_of(task) == str(i).encode()
