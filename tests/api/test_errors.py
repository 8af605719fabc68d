# SPDX-License-Identifier: Apache-2.0
"""Hostile and malformed JSON: each gets its status and a problem that names the field."""

import json

import pytest

from harness import modules, tasks
from harness.expect import invalid, invalid_within, ok, pointers, problem, status

JSON = "application/json"


@pytest.fixture(scope="module")
def owner(server):
    return server.submitter("errors")


@pytest.fixture(scope="module")
def module(owner):
    return tasks.upload(owner, modules.echo())


def post(client, text, path="tasks"):
    body = text if isinstance(text, bytes) else text.encode()
    return client.send("POST", path, JSON, body)


def with_inputs(module, inputs):
    """A submission whose `inputs` is that text."""
    rest = json.dumps(tasks.parked(module))[1:]
    return f'{{"inputs": {inputs}, {rest}'


# --- no JSON ------------------------------------------------------------------------------------

NO_JSON = ["", " ", "{", "}", "{]", "nul", "tru", "{\"a\":1,}", "[1,]", "{'a':1}", "{a:1}",
           '{"a":1}{"b":2}', '{"a":1} x', "// c\n{}", "/* c */{}", '{"a":"\n"}', '{"a":"\t"}',
           '{"a":"\\x"}', '{"a":"\\u12"}', '{"a"}', '{"a":}', '{:1}', '"a', "\ufeff{}"]
NUMBERS = ["01", "-01", "1.", ".5", "+1", "1e", "1e+", "0x10", "1_000", "Infinity", "-Infinity",
           "NaN", "--1", "1.5.2", "-", "1e5.5"]


@pytest.mark.parametrize("text", NO_JSON, ids=lambda text: repr(text)[:24])
@pytest.mark.parametrize("path", ["tasks", "tokens", "nodes"])
def test_what_is_no_json_is_400(server, text, path):
    problem(post(server.admin, text, path), 400)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_that_rfc_8259_does_not_allow_is_400(owner, module, number):
    problem(post(owner, with_inputs(module, number)), 400)
    problem(post(owner, f'{{"task_type": {number}}}'), 400)


@pytest.mark.parametrize("number", ["0", "-0", "0.0", "1e400", "-1e400", "1e-400", "1E+5",
                                    "123456789012345678901234567890", "0.1e1", "1" * 400])
def test_a_number_that_rfc_8259_allows_is_a_good_input(owner, module, number):
    status(post(owner, with_inputs(module, number)), 201)


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
                                 b"\xe2\x82", b"\x80", b"\xf8\x88\x80\x80\x80"])
def test_what_is_no_utf8_is_400(owner, module, bad):
    problem(post(owner, b'{"task_type":"' + bad + b'"}'), 400)
    problem(post(owner, with_inputs(module, '"MARK"').encode().replace(b"MARK", bad)), 400)


@pytest.mark.parametrize("escape", ["\\ud800", "\\udc00", "\\ud800\\ud800", "\\ud800x"])
def test_a_lone_surrogate_is_a_client_error(owner, escape):
    problem(post(owner, f'{{"task_type":"{escape}"}}'), 400, 422)


@pytest.mark.parametrize("text", [
    '{"role":"reader","role":"reader"}', '{"role":"reader","owner":"a","owner":"b"}',
    '{"role":"reader","r\\u006fle":"admin"}',
], ids=["the same", "different", "escaped"])
def test_a_member_given_twice_is_400(server, text):
    problem(post(server.admin, text, "tokens"), 400)


@pytest.mark.parametrize("place", ["requirements", "limits", "env", "inputs"])
def test_a_member_given_twice_further_in_is_400(owner, module, place):
    text = json.dumps(tasks.parked(module, **{place: "HERE"}))
    problem(post(owner, text.replace('"HERE"', '{"a":1,"a":2}')), 400)


# --- depth and size -----------------------------------------------------------------------------

def nested(depth):
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("depth", [1, 10, 31])
def test_a_depth_of_32_is_fine(owner, module, depth):
    status(post(owner, with_inputs(module, nested(depth))), 201)


@pytest.mark.parametrize("depth", [33, 100, 100_000, 1_000_000])
def test_a_greater_depth_is_refused(owner, module, depth):
    problem(post(owner, with_inputs(module, nested(depth))), 400, 422)
    problem(post(owner, nested(depth)), 400, 422)


def test_a_depth_without_an_end_is_400(owner):
    problem(post(owner, '{"a":' * 500_000), 400)


def test_a_body_of_blanks_is_400(owner):
    problem(post(owner, " " * 1_000_000), 400)


def test_a_very_long_string_is_named_and_not_repeated(owner, module):
    answer = owner.post("tasks", json=tasks.parked(module, strategy="x" * 1_000_000))
    invalid(answer, "/strategy")
    assert len(answer.body) < 64 * 1024


def test_thousands_of_bad_members_are_a_short_answer(owner, module):
    body = tasks.parked(module, **{f"unknown_{i}": i for i in range(20_000)})
    answer = owner.post("tasks", json=body)
    assert len(pointers(answer)) >= 10
    assert len(answer.body) < 64 * 1024


def test_a_very_long_member_name_is_a_short_answer(owner, module):
    answer = owner.post("tasks", json=tasks.parked(module, **{"n" * 500_000: 1}))
    problem(answer, 422)


# --- wrong shapes -------------------------------------------------------------------------------

@pytest.mark.parametrize("text", ["[]", "null", "1", '"x"', "true", "[{}]"])
@pytest.mark.parametrize("path", ["tasks", "tokens", "nodes"])
def test_what_is_no_object_is_422(server, text, path):
    problem(post(server.admin, text, path), 422)


@pytest.mark.parametrize("name, pointer", [
    ("zebra", "/zebra"), ("", "/"), ("a/b", "/a~1b"), ("a~b", "/a~0b"), ("\u00e9", "/\u00e9"),
    ("Task_type", "/Task_type"), ("constructor", "/constructor"), ("\u0000", "/\u0000"),
], ids=repr)
def test_an_unknown_member_is_named_by_its_pointer(owner, module, name, pointer):
    invalid(owner.post("tasks", json=tasks.parked(module, **{name: 1})), pointer)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "x", [], {}], ids=repr)
@pytest.mark.parametrize("member, fits", [
    ("task_type", str), ("module_id", str), ("requirements", dict), ("limits", dict),
    ("priority", int), ("env", dict), ("argv", list), ("args", list),
])
def test_a_wrong_type_is_named(owner, module, member, fits, value):
    if type(value) is fits:
        pytest.skip("that is the right type")
    invalid_within(owner.post("tasks", json=tasks.parked(module, **{member: value})),
                   f"/{member}")


@pytest.mark.parametrize("value", ["1e3", "1.0"])
def test_an_integer_written_otherwise_is_understood_or_named(owner, module, value):
    text = json.dumps(tasks.parked(module, priority="HERE")).replace('"HERE"', value)
    answer = post(owner, text.replace("1e3", "5e0"))
    assert answer.status in (201, 422), answer


@pytest.mark.parametrize("value", ["99999999999999999999", "-99999999999999999999", "1e400",
                                   "9007199254740993.5"])
@pytest.mark.parametrize("member", ["priority", "max_retries"])
def test_a_huge_number_is_out_of_range_and_named(owner, module, member, value):
    text = json.dumps(tasks.parked(module, **{member: "HERE"})).replace('"HERE"', value)
    invalid(post(owner, text), f"/{member}")


# --- problems themselves ------------------------------------------------------------------------

def test_the_detail_of_an_error_says_what_would_be_right(owner, module):
    answer = owner.post("tasks", json=tasks.parked(module, priority=10))
    error, = answer.json()["errors"]
    assert "9" in error["detail"]


def test_a_problem_says_which_request_it_answers(owner):
    members = problem(owner.get("tasks/none"), 404)
    assert members["instance"]


@pytest.mark.parametrize("value", ['<script>alert(1)</script>', 'quote " backslash \\', "\u0001",
                                   "\U0001f600"], ids=repr)
def test_what_was_sent_comes_back_as_json_if_at_all(owner, module, value):
    answer = owner.post("tasks", json=tasks.parked(module, strategy=value))
    invalid(answer, "/strategy")
    json.loads(answer.body.decode("utf-8"))


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v1/tasks/none",
                                  "/api/v1/nodes/%22%3Cx%3E"])
def test_a_path_comes_back_as_json_if_at_all(server, path):
    answer = server.admin.get(path)
    problem(answer, 404)
    json.loads(answer.body.decode("utf-8"))


def test_bad_json_reaches_nothing(owner, module):
    before = len(owner.items("tasks"))
    problem(post(owner, json.dumps(tasks.parked(module)) + "}"), 400)
    assert len(owner.items("tasks")) == before


def test_the_order_of_checks_authorization_comes_before_the_body(server):
    problem(server.anonymous.send("POST", "tasks", JSON, b"{"), 401)
    problem(server.role("reader").send("POST", "tasks", JSON, b"{"), 403)


def test_a_good_request_after_all_that(owner, module):
    ok(owner.post("tasks", json=tasks.parked(module)), 201)
