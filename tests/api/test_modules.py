# SPDX-License-Identifier: Apache-2.0
"""Modules: uploading, what is accepted and refused and why, reading, owning, deleting."""

import hashlib

import pytest

from harness import modules, tasks
from harness.expect import HASH, b64, invalid_within, ok, problem, status


def upload(client, source, media_type=None):
    if isinstance(source, str):
        return client.send("POST", "modules", media_type or "text/wat", source.encode())
    return client.send("POST", "modules", media_type or "application/wasm", source)


def refused(client, source, *words):
    """Asserts a 422 whose reason has one of the words."""
    answer = upload(client, source)
    problem(answer, 422)
    text = answer.body.decode().lower()
    assert not words or any(word in text for word in words), text


# --- uploading ----------------------------------------------------------------------------------

def test_a_binary_is_known_by_its_hash(client):
    content = modules.binary()
    module = ok(upload(client, content), 201)
    assert module["module_id"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert module["size"] == len(content)
    assert module["abi"] == "scalar"
    assert isinstance(module["exports"], list) and isinstance(module["imports"], list)


def test_the_answer_says_where_the_module_is(client):
    answer = status(upload(client, modules.unlabelled()), 201)
    assert answer.header("Location") == f"/api/v1/modules/{answer.json()['module_id']}"


def test_the_same_bytes_again_are_200_and_the_same_module(client):
    source = modules.unlabelled()
    first = ok(upload(client, source), 201)
    assert ok(upload(client, source)) == first


def test_wat_is_stored_as_the_binary_that_it_compiles_to(client):
    module = ok(upload(client, modules.unlabelled()), 201)
    content = status(client.get(f"modules/{module['module_id']}/content"), 200)
    assert content.media_type == "application/wasm"
    assert content.body.startswith(modules.HEADER)
    assert len(content.body) == module["size"]
    assert module["module_id"] == "sha256:" + hashlib.sha256(content.body).hexdigest()


def test_a_binary_from_wat_uploaded_as_wasm_is_the_same_module(client):
    module = ok(upload(client, modules.unlabelled()), 201)
    content = client.get(f"modules/{module['module_id']}/content").body
    assert ok(upload(client, content))["module_id"] == module["module_id"]


@pytest.mark.parametrize("source, abi", [
    (modules.echo(), "wasi-command"), (modules.reactor(), "reactor"),
    (modules.reactor_with_initialize(), "reactor"), (modules.calculator(), "scalar"),
    (modules.every_preview1_function(), "wasi-command"),
], ids=["command", "reactor", "reactor with _initialize", "scalar", "all of preview 1"])
def test_the_abi_is_told(client, source, abi):
    assert ok(upload(client, source), 200, 201)["abi"] == abi


def test_exports_and_imports_are_named(client):
    module = ok(upload(client, modules.echo()), 200, 201)
    assert "_start" in str(module["exports"])
    assert "fd_read" in str(module["imports"])


@pytest.mark.parametrize("name, body", [
    ("simd", "(drop (i8x16.add (v128.const i64x2 1 2) (v128.const i64x2 3 4)))"),
    ("bulk memory", "(memory.fill (i32.const 0) (i32.const 1) (i32.const 8))"),
    ("saturating conversion", "(drop (i32.trunc_sat_f64_s (f64.const 1e30)))"),
    ("sign extension", "(drop (i32.extend8_s (i32.const 255)))"),
    ("multi-value", "(block (result i32 i32) (i32.const 1) (i32.const 2)) drop drop"),
    ("funcref", "(drop (ref.is_null (ref.null func)))"),
])
def test_what_is_on_is_accepted(client, name, body):
    status(upload(client, modules.command(body)), 200, 201)


def test_tail_calls_are_accepted(client):
    source = modules.command("(return_call $f)", functions="(func $f)")
    status(upload(client, source), 200, 201)


# --- refusing -----------------------------------------------------------------------------------

@pytest.mark.parametrize("content", [
    b"", b"\0asm", b"\0asm\2\0\0\0", b"MZ" + b"\0" * 100, modules.binary()[:-1],
    modules.binary() + b"\xff", modules.binary(b"\x20\0\x20\1"), modules.binary(b"\x20\5"),
    modules.binary(b"\xff"), modules.HEADER + b"\1\xff\xff\xff\xff\x0f",
    modules.HEADER + modules.section(10, modules.code(b"")),
], ids=["empty", "magic only", "version 2", "a PE file", "cut", "rest behind", "no value",
        "no such local", "no such opcode", "section of 4 GiB", "code without a function"])
def test_what_is_no_module_is_422(client, content):
    refused(client, content)


@pytest.mark.parametrize("source", [
    "", "(", "(module", "(module (func (nonsense)))", "not wat at all", "(module)(module)",
    '(module (func (export "x") (local.get 3)))', "\0\1\2",
], ids=lambda text: text[:20] or "empty")
def test_what_is_no_wat_is_422(client, source):
    refused(client, source)


def test_wat_that_is_not_utf8_is_refused(client):
    problem(client.send("POST", "modules", "text/wat", b"(module \xff\xfe)"), 400, 422)


@pytest.mark.parametrize("source, words", [
    ('(module (memory (export "memory") 1 2 shared) (func (export "_start")))',
     ("shared", "thread")),
    ('(module (memory (export "memory") 1) (func (export "_start") '
     '(drop (i32.atomic.load (i32.const 0)))))', ("atomic", "thread", "shared")),
    ('(module (memory (export "memory") i64 1) (func (export "_start")))', ("memory64", "64")),
    ('(module (memory (export "memory") 1) (memory 1) (func (export "_start")))', ("memor",)),
    ('(module (memory (export "memory") 1) (tag $e) (func (export "_start") (throw $e)))',
     ("exception", "tag")),
    ('(module (type $s (struct (field i32))) (memory (export "memory") 1) '
     '(func (export "_start") (drop (struct.new $s (i32.const 1)))))', ("gc", "struct")),
    ('(module (memory (export "memory") 1) (func (export "_start") (param externref)))',
     ("externref", "reference", "_start", "gc")),
    ("(component)", ("component",)),
    ('(module (memory (export "memory") 1 1 (pagesize 1)) (func (export "_start")))',
     ("page",)),
    ('(module (memory (export "memory") 1) (func (export "_start") (drop (drop '
     '(i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0))))))',
     ("wide", "arithmetic")),
], ids=["shared memory", "atomics", "memory64", "two memories", "exceptions", "GC", "externref",
        "component", "page sizes", "wide arithmetic"])
def test_what_is_off_is_refused_by_name(client, source, words):
    refused(client, source, *words)


def test_missing_imports_are_listed(client):
    source = """(module
      (import "env" "launch" (func (param i32)))
      (import "wasi_snapshot_preview1" "fd_dance" (func))
      (import "wasi_unstable" "fd_write" (func))
      (memory (export "memory") 1) (func (export "_start")))"""
    answer = upload(client, source)
    problem(answer, 422)
    for name in ("launch", "fd_dance", "wasi_unstable"):
        assert name in answer.body.decode()


@pytest.mark.parametrize("source", [
    '(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32))) '
    '(memory (export "memory") 1) (func (export "_start")))',
    '(module (import "wasi_snapshot_preview1" "fd_write" (memory 1)) '
    '(func (export "_start")))',
    '(module (import "env" "memory" (memory 1)) (func (export "_start")))',
    '(module (import "env" "table" (table 1 funcref)) (func (export "f")))',
    '(module (import "env" "g" (global i32)) (func (export "f")))',
], ids=["wrong signature", "wrong kind", "imported memory", "imported table", "imported global"])
def test_an_import_that_does_not_fit_is_refused(client, source):
    refused(client, source)


@pytest.mark.parametrize("source", [
    "(module)",
    '(module (memory (export "memory") 1))',
    '(module (func (export "_start") (param i32)))',
    '(module (global (export "_start") i32 (i32.const 0)))',
], ids=["nothing", "a memory only", "_start with a parameter", "_start is a global"])
def test_a_module_without_anything_to_run_is_refused(client, source):
    refused(client, source)


@pytest.mark.parametrize("source, name", [
    (f'(module (func (export "f") (local {"i64 " * 60_000})))', "locals"),
    ('(module (func (export "f") (param i32) (block $a (br_table '
     + "$a " * 300_000 + "(local.get 0)))))", "br_table"),
    ('(module (func (export "f") ' + "block " * 30_000 + "end " * 30_000 + "))", "nesting"),
    ('(module (type $t (func (param ' + "i64 " * 1500 + '))) (func (export "f")))', "parameters"),
    ('(module (memory (export "memory") 65537) (func (export "_start")))', "memory"),
], ids=lambda value: value if len(value) < 20 else "")
def test_a_shape_that_is_hostile_to_the_compiler_is_refused(client, source, name):
    refused(client, source)


def test_a_module_of_more_than_64_mib_is_413(client):
    answer = upload(client, modules.padded(64 * 2**20 + 1))
    problem(answer, 413)


def test_refused_modules_are_not_kept(client):
    answer = upload(client, modules.binary()[:-1])
    problem(answer, 422)
    assert client.items("modules") == []


def test_a_refused_inline_module_is_named(client):
    body = {**tasks.body("x"), "wasm_module": b64(modules.binary()[:-1])}
    del body["module_id"]
    invalid_within(client.post("tasks", json=body), "/wasm_module")


# --- reading and owning -------------------------------------------------------------------------

def test_the_module_is_read_as_it_was_told(client):
    module = ok(upload(client, modules.unlabelled()), 201)
    shown = ok(client.get(f"modules/{module['module_id']}"))
    assert HASH.match(shown["module_id"])
    assert {name: shown[name] for name in ("module_id", "size", "abi", "exports", "imports")} == {
        name: module[name] for name in ("module_id", "size", "abi", "exports", "imports")}


def test_the_list_has_every_module_of_the_owner(client):
    ids = {tasks.upload(client, modules.unlabelled()) for _ in range(3)}
    assert {item["module_id"] for item in client.items("modules")} == ids


@pytest.mark.parametrize("path", ["", "/content"])
@pytest.mark.parametrize("module_id", ["none", "sha256:" + "0" * 64, "sha256:x", "0" * 64])
def test_what_is_not_there_is_404(client, module_id, path):
    problem(client.get(f"modules/{module_id}{path}"), 404)


def test_a_module_is_invisible_to_others_until_they_upload_it(server, client, names):
    other = server.submitter(names("owner"))
    source = modules.unlabelled()
    module = tasks.upload(client, source)
    for path in (f"modules/{module}", f"modules/{module}/content"):
        problem(other.get(path), 404)
    problem(other.delete(f"modules/{module}"), 404)
    assert other.items("modules") == []
    invalid_within(other.post("tasks", json=tasks.body(module)), "/module_id")

    assert tasks.upload(other, source) == module
    status(other.get(f"modules/{module}"), 200)


def test_deleting_ones_own_leaves_the_others(server, client, names):
    other = server.submitter(names("owner"))
    source = modules.unlabelled()
    module = tasks.upload(client, source)
    tasks.upload(other, source)
    status(client.delete(f"modules/{module}"), 204)
    problem(client.get(f"modules/{module}"), 404)
    status(other.get(f"modules/{module}/content"), 200)


def test_a_reader_of_the_owner_reads_it(server, client, names):
    owner = names("owner")
    module = tasks.upload(server.submitter(owner), modules.unlabelled())
    status(server.role("reader", owner).get(f"modules/{module}/content"), 200)


# --- deleting -----------------------------------------------------------------------------------

def test_a_deleted_module_is_gone_and_can_come_back(client):
    source = modules.unlabelled()
    module = tasks.upload(client, source)
    status(client.delete(f"modules/{module}"), 204)
    problem(client.get(f"modules/{module}"), 404)
    problem(client.get(f"modules/{module}/content"), 404)
    problem(client.delete(f"modules/{module}"), 404)
    assert tasks.upload(client, source) == module
    status(client.get(f"modules/{module}/content"), 200)


def test_a_module_that_tasks_need_stays_until_they_have_ended(client):
    module = tasks.upload(client, modules.unlabelled())
    task = tasks.park(client, module)["task_id"]
    problem(client.delete(f"modules/{module}"), 409)
    status(client.post(f"tasks/{task}/cancel"), 200)
    status(client.delete(f"modules/{module}"), 204)
    assert ok(client.get(f"tasks/{task}"))["module_id"] == module


def test_an_inline_module_is_kept_like_any_other(client):
    content = modules.padded(300)
    body = {**tasks.parked("x"), "wasm_module": b64(content), "function": "add", "args": [1, 2]}
    del body["module_id"]
    task = ok(client.post("tasks", json=body), 201)
    assert task["module_id"] == "sha256:" + hashlib.sha256(content).hexdigest()
    assert client.get(f"modules/{task['module_id']}/content").body == content
