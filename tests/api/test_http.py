# SPDX-License-Identifier: Apache-2.0
"""HTTP itself: framing, limits, connections, methods, conditional requests, request ids."""

import json
import re
import time

import pytest

from harness import tasks
from harness.expect import ok, problem, status
from harness.modules import echo
from harness.rest import authorized, head

HEALTH = "/api/v1/health"


def exchange(server, data, **options):
    """Sends bytes on a fresh connection; the first answer and whether the peer closed then."""
    with server.raw(**options) as raw:
        raw.send(data)
        answer = raw.response()
        return answer, raw.closed()


# --- framing ------------------------------------------------------------------------------------

@pytest.mark.parametrize("data", [
    head(),
    head("Host: a", "Host: b"),
    head("Host: a", "Host: a"),
    head("Host: a", "Folded: one", " two"),
    head("Host: a", "Space before : colon"),
    head("Host: a", "no colon at all"),
    head("Host: a", ": no name"),
    head("Host: a", "Bad: nul\0here"),
    head("Host: a", "Content-Length: x", method="POST"),
    head("Host: a", "Content-Length: -1", method="POST"),
    head("Host: a", "Content-Length: +1", method="POST") + b"x",
    head("Host: a", "Content-Length: 3, 3", method="POST") + b"abc",
    head("Host: a", "Content-Length: 3", "Content-Length: 3", method="POST") + b"abc",
    head("Host: a", "Content-Length: 3", "Content-Length: 4", method="POST") + b"abcd",
    head("Host: a", "Content-Length: 99999999999999999999999", method="POST"),
    head("Host: a", "Content-Length: 3", "Transfer-Encoding: chunked", method="POST")
    + b"0\r\n\r\n",
    head("Host: a", "Transfer-Encoding: chunked, chunked", method="POST") + b"0\r\n\r\n",
    head("Host: a", "Transfer-Encoding: chunked", method="POST", version="HTTP/1.0")
    + b"0\r\n\r\n",
    b"GARBAGE\r\n\r\n",
    b"GET\r\n\r\n",
    head("Host: a", version="HTTP/1.1 extra"),
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
], ids=[
    "no host", "two hosts", "the same host twice", "folded line", "space before colon",
    "no colon", "no name", "nul in a value", "length is no number", "negative length",
    "length with a plus", "length list", "length twice", "two lengths", "huge length",
    "length and chunked", "chunked twice", "chunked in 1.0",
    "no request", "method alone", "four words", "a TLS hello",
])
def test_a_framing_error_is_400_once_and_the_connection_closes(server, data):
    answer, closed = exchange(server, data)
    problem(answer, 400)
    assert closed
    status(server.anonymous.get("health"), 200)


@pytest.mark.parametrize("coding", ["gzip", "xchunked", "chunked, identity", "gzip, chunked",
                                    "identity"])
def test_an_unknown_transfer_coding_is_501_or_400_and_closes(server, coding):
    data = head("Host: a", f"Transfer-Encoding: {coding}", method="POST") + b"0\r\n\r\n"
    answer, closed = exchange(server, data)
    problem(answer, 400, 501)
    assert closed


@pytest.mark.parametrize("version", ["HTTP/2.0", "HTTP/0.9", "HTTP/3.1"])
def test_another_major_version_is_refused(server, version):
    answer, closed = exchange(server, head("Host: a", version=version))
    problem(answer, 400, 505)
    assert closed


def test_what_follows_a_framing_error_is_not_answered(server):
    smuggled = head("Host: a")
    data = head("Host: a", "Content-Length: 0", "Transfer-Encoding: chunked", method="POST")
    with server.raw() as raw:
        raw.send(data + b"0\r\n\r\n" + smuggled)
        status(raw.response(), 400)
        assert raw.response() is None


def test_a_chunked_body_is_read(server):
    body = json.dumps({"role": "reader"}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[i:i + 1]) for i in range(len(body)))
    data = authorized(server, "Content-Type: application/json", "Transfer-Encoding: chunked",
                      method="POST", target="/api/v1/tokens")
    with server.raw() as raw:
        raw.send(data + chunks + b"0\r\n\r\n")
        status(raw.response(), 201)


def test_endless_chunk_extensions_are_cut_off(server):
    data = authorized(server, "Content-Type: application/json", "Transfer-Encoding: chunked",
                      method="POST", target="/api/v1/tokens")
    answer, closed = exchange(server, data + b"1;" + b"x" * 200_000)
    assert answer is None or answer.status in (400, 413, 431)
    assert closed


def test_endless_trailers_are_cut_off(server):
    data = authorized(server, "Content-Type: application/json", "Transfer-Encoding: chunked",
                      method="POST", target="/api/v1/tokens")
    trailers = b"".join(b"X-%d: y\r\n" % i for i in range(40_000))
    answer, closed = exchange(server, data + b"0\r\n" + trailers)
    assert answer is None or answer.status in (400, 413, 422, 431)
    assert closed


def test_an_absolute_target_is_understood(server):
    answer, _ = exchange(server, head("Host: a", "Connection: close",
                                      target=f"{server.url}{HEALTH}"))
    assert answer.status in (200, 400)


def test_an_empty_line_before_the_request_is_skipped_or_refused(server):
    answer, _ = exchange(server, b"\r\n" + head("Host: a", "Connection: close"))
    assert answer.status in (200, 400)


# --- limits -------------------------------------------------------------------------------------

def test_a_header_over_16_kib_is_431(server):
    answer, closed = exchange(server, head("Host: a", "X-Long: " + "x" * 17_000))
    problem(answer, 431)
    assert closed


def test_many_small_headers_over_16_kib_are_431(server):
    answer, _ = exchange(server, head("Host: a", *(f"X-{i}: y" for i in range(3000))))
    problem(answer, 431)


def test_a_header_under_16_kib_is_fine(server):
    answer, _ = exchange(server, head("Host: a", "Connection: close", "X-Long: " + "x" * 15_000))
    status(answer, 200)


def test_a_target_that_is_too_long_is_414(server):
    answer, _ = exchange(server, head("Host: a", target=HEALTH + "?" + "x" * 40_000))
    problem(answer, 414)


def test_a_body_that_says_it_is_too_long_is_413_before_it_is_sent(server):
    length = f"Content-Length: {16 * 2**20 + 1}"
    answer, _ = exchange(server, authorized(server, length, "Content-Type: application/json",
                                            method="POST", target="/api/v1/tasks"))
    problem(answer, 413)


def test_a_module_that_says_it_is_too_long_is_413_before_it_is_sent(server):
    length = f"Content-Length: {64 * 2**20 + 1}"
    answer, _ = exchange(server, authorized(server, length, "Content-Type: application/wasm",
                                            method="POST", target="/api/v1/modules"))
    problem(answer, 413)


def test_a_chunked_body_that_grows_too_long_is_413(server):
    data = authorized(server, "Content-Type: application/json", "Transfer-Encoding: chunked",
                      method="POST", target="/api/v1/tasks")
    chunk = b"%x\r\n" % 2**20 + b" " * 2**20 + b"\r\n"
    answer, closed = exchange(server, data + chunk * 18)
    problem(answer, 413)
    assert closed


def test_a_long_body_that_is_allowed_is_read_whole(server):
    body = b" " * (16 * 2**20 - 100) + b'{"role":"reader"}'
    answer = server.admin.send("POST", "tokens", "application/json", body)
    assert answer.status in (201, 413), answer


def test_expect_100_continue_is_answered(server):
    body = b'{"role":"reader"}'
    with server.raw() as raw:
        raw.send(authorized(server, f"Content-Length: {len(body)}", "Expect: 100-continue",
                            "Content-Type: application/json", method="POST",
                            target="/api/v1/tokens"))
        assert raw.interim().status == 100
        raw.send(body)
        status(raw.response(), 201)


def test_expect_100_continue_of_a_body_too_long_is_413(server):
    with server.raw() as raw:
        raw.send(authorized(server, f"Content-Length: {2**30}", "Expect: 100-continue",
                            "Content-Type: application/json", method="POST",
                            target="/api/v1/tokens"))
        problem(raw.interim(), 413)


# --- connections --------------------------------------------------------------------------------

def test_a_connection_serves_at_least_100_requests(server):
    with server.raw() as raw:
        for _ in range(150):
            raw.send(head("Host: a"))
            status(raw.response(), 200)


def test_pipelined_requests_are_answered_in_order(server):
    with server.raw() as raw:
        raw.send(b"".join(head("Host: a", f"X-Request-Id: pipelined-{i}",
                               target=HEALTH if i % 2 else "/no/such/path")
                          for i in range(100)))
        for i in range(100):
            answer = raw.response()
            assert answer.header("X-Request-Id") == f"pipelined-{i}"
            assert answer.status == (200 if i % 2 else 404)


def test_a_slow_request_does_not_overtake_in_a_pipeline(server):
    task = tasks.park(server.admin)["task_id"]
    with server.raw() as raw:
        raw.send(authorized(server, target=f"/api/v1/tasks/{task}?wait=1") + head("Host: a"))
        assert raw.response().json()["task_id"] == task
        assert raw.response().json()["status"] == "healthy"


def test_connection_close_is_kept(server):
    answer, closed = exchange(server, head("Host: a", "Connection: close"))
    status(answer, 200)
    assert closed


def test_http_1_0_is_answered_and_closed(server):
    answer, closed = exchange(server, head(version="HTTP/1.0"))
    status(answer, 200)
    assert closed


def test_a_client_that_hangs_up_harms_nobody(server):
    for cut in (1, 10, 40):
        with server.raw() as raw:
            raw.send(head("Host: a", "Content-Length: 10", method="POST")[:cut])
    status(server.anonymous.get("health"), 200)


def test_a_request_in_small_pieces_is_understood(server):
    with server.raw() as raw:
        for byte in head("Host: a"):
            raw.send(bytes([byte]))
        status(raw.response(), 200)


@pytest.mark.slow
def test_a_header_that_is_not_complete_in_10_seconds_ends_the_connection(server):
    begun = time.monotonic()
    with server.raw(timeout=30) as raw:
        raw.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
        answer = raw.response()
        assert answer is None or answer.status == 408, answer
        assert raw.closed()
    assert 5 < time.monotonic() - begun < 25


# --- methods and paths --------------------------------------------------------------------------

PATHS = {
    "/healthz": {"GET"}, "/readyz": {"GET"}, "/metrics": {"GET"}, "/openapi.json": {"GET"},
    "/api/v1/health": {"GET"}, "/api/v1/cluster/stats": {"GET"},
    "/api/v1/nodes": {"GET", "POST"}, "/api/v1/nodes/x": {"GET", "DELETE"},
    "/api/v1/nodes/x/drain": {"POST"}, "/api/v1/nodes/x/undrain": {"POST"},
    "/api/v1/nodes/x/heartbeat": {"PUT"}, "/api/v1/nodes/x/leases": {"POST"},
    "/api/v1/nodes/x/results": {"POST"},
    "/api/v1/modules": {"GET", "POST"}, "/api/v1/modules/x": {"GET", "DELETE"},
    "/api/v1/modules/x/content": {"GET"},
    "/api/v1/blobs": {"POST"}, "/api/v1/blobs/x": {"GET", "DELETE"},
    "/api/v1/blobs/x/content": {"GET"},
    "/api/v1/tasks": {"GET", "POST"}, "/api/v1/tasks/batch": {"POST"},
    "/api/v1/tasks/dead": {"GET"}, "/api/v1/tasks/x": {"GET"},
    "/api/v1/tasks/x/output": {"GET"}, "/api/v1/tasks/x/explain": {"GET"},
    "/api/v1/tasks/x/cancel": {"POST"}, "/api/v1/tasks/x/result": {"POST"},
    "/api/v1/tokens": {"GET", "POST"}, "/api/v1/tokens/x": {"DELETE"},
}


@pytest.mark.parametrize("path", PATHS)
def test_405_names_what_is_allowed_before_the_id_is_looked_up(server, path):
    answer = server.admin.request("PATCH", path)
    problem(answer, 405)
    allowed = {method.strip() for method in answer.header("Allow").split(",")}
    assert PATHS[path] <= allowed
    assert allowed - PATHS[path] <= {"HEAD", "OPTIONS", "GET", "DELETE"}, allowed


@pytest.mark.parametrize("path", ["/", "/nope", "/api", "/api/v1", "/api/v1/", "/api/v2/tasks",
                                  "/api/v1/tasks/x/y/z", "/api/v1/nodes/x/nope", "/API/V1/HEALTH",
                                  "/api/v1/health/", "//api/v1/health", "/api/v1/../../etc"])
@pytest.mark.parametrize("known", [True, False], ids=["with a token", "without a token"])
def test_an_unknown_path_is_404(server, path, known):
    client = server.admin if known else server.anonymous
    problem(client.get(path), 404)


@pytest.mark.parametrize("path", ["/api/v1/tasks/%2e%2e", "/api/v1/tasks/%zz",
                                  "/api/v1/tasks/a%00b", "/api/v1/tasks/" + "a" * 2000])
def test_an_odd_id_is_a_client_error(server, path):
    problem(server.admin.get(path), 400, 404, 422)


@pytest.mark.parametrize("path", [HEALTH, "/healthz", "/api/v1/tasks", "/api/v1/nodes"])
def test_head_is_get_without_the_body(server, path):
    whole = server.admin.get(path)
    with server.raw() as raw:
        raw.send(authorized(server, "Connection: close", method="HEAD", target=path))
        answer = raw.response(head=True)
        assert raw.closed(), "no body"
    assert answer.status == whole.status
    assert answer.header("Content-Type") == whole.header("Content-Type")
    assert answer.header("Content-Length") is not None


def test_head_of_what_is_not_there_is_404(server):
    with server.raw() as raw:
        raw.send(authorized(server, "Connection: close", method="HEAD",
                            target="/api/v1/tasks/none"))
        assert raw.response(head=True).status == 404
        assert raw.closed()


# --- media types --------------------------------------------------------------------------------

@pytest.mark.parametrize("path, media_type", [
    ("tasks", "text/plain"), ("tasks", "application/xml"), ("tasks", "application/x-ndjson"),
    ("tasks", "application/jsonx"), ("tasks/batch", "application/json"),
    ("modules", "application/json"), ("modules", "text/plain"), ("tokens", "text/html"),
    ("nodes", "application/x-www-form-urlencoded"),
])
def test_another_media_type_is_415(server, path, media_type):
    problem(server.admin.send("POST", path, media_type, b"{}"), 415)


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON",
                                        "application/json;charset=UTF-8"])
def test_json_may_have_parameters_and_any_case(server, media_type):
    status(server.admin.send("POST", "tokens", media_type, b'{"role":"reader"}'), 201)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "xyz"])
@pytest.mark.parametrize("path, media_type", [("tasks", "application/json"),
                                              ("modules", "application/wasm"),
                                              ("tasks/batch", "application/x-ndjson")])
def test_a_coded_request_body_is_415(server, coding, path, media_type):
    answer = server.admin.send("POST", path, media_type, b"{}",
                               headers={"Content-Encoding": coding})
    problem(answer, 415)


def test_json_answers_say_that_they_are_json(server):
    assert server.admin.get("tasks").media_type == "application/json"
    assert server.anonymous.get("health").media_type == "application/json"


# --- conditional requests -----------------------------------------------------------------------

def resources(server, client, node):
    module = tasks.upload(client, echo())
    task = tasks.park(client, module)["task_id"]
    blob = ok(client.send("POST", "blobs", "application/octet-stream", b"etag"), 200,
              201)["blob_id"]
    return [f"modules/{module}", f"modules/{module}/content", f"tasks/{task}", f"blobs/{blob}",
            f"blobs/{blob}/content", f"nodes/{node.node_id}"]


def test_single_resources_have_etags_that_if_none_match_knows(server, client, node):
    for path in resources(server, client, node):
        tag = status(client.get(path), 200).header("ETag")
        assert tag and re.fullmatch(r'(W/)?"[^"]+"', tag), path
        for value in (tag, "*", f'"other", {tag}'):
            answer = client.get(path, headers={"If-None-Match": value})
            assert answer.status == 304, (path, value, answer)
            assert answer.body == b""
            assert answer.header("ETag") == tag
        status(client.get(path, headers={"If-None-Match": '"other"'}), 200)


def test_the_etag_changes_with_the_resource(client):
    path = f"tasks/{tasks.park(client)['task_id']}"
    before = client.get(path).header("ETag")
    status(client.post(f"{path}/cancel"), 200)
    answer = status(client.get(path, headers={"If-None-Match": before}), 200)
    assert answer.header("ETag") != before


# --- request ids, traces, rates -----------------------------------------------------------------

def test_a_request_id_comes_back(server):
    answer = server.anonymous.get("health", headers={"X-Request-Id": "mine-42"})
    assert answer.header("X-Request-Id") == "mine-42"


def test_a_request_id_is_made(server):
    made = {server.anonymous.get("health").header("X-Request-Id") for _ in range(3)}
    assert None not in made and len(made) == 3


def test_problems_have_a_request_id_too(server):
    answer = server.anonymous.get("/nope", headers={"X-Request-Id": "mine-43"})
    assert answer.header("X-Request-Id") == "mine-43"


@pytest.mark.parametrize("bad", ["", "a b", "x" * 5000, "caf\u00e9", 'quote"', "<script>"],
                         ids=lambda value: value[:10] or "empty")
def test_an_ill_formed_request_id_is_replaced(server, bad):
    answer = server.anonymous.get("health",
                                  headers={"X-Request-Id": bad.encode("latin-1")})
    status(answer, 200)
    assert answer.header("X-Request-Id") not in (None, "", bad)


def test_a_good_trace_id_stands_in_the_log(server):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    server.anonymous.get("/nope", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert trace.encode() in server.all_logs()


@pytest.mark.parametrize("bad", ["x", "00-zz-yy-01", "00-" + "0" * 32 + "-" + "0" * 16 + "-01",
                                 "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
def test_a_bad_traceparent_is_ignored(server, bad):
    status(server.anonymous.get("health", headers={"traceparent": bad}), 200)


def test_there_are_ratelimit_headers_or_loopback_is_not_limited(server):
    names = {name.lower() for name, _ in server.admin.get("tasks").headers}
    assert ("ratelimit" in names) == ("ratelimit-policy" in names)


def test_loopback_is_not_limited_to_less_than_thousands_a_second(server):
    with server.raw() as raw:
        raw.send(head("Host: a") * 1000)
        assert all(raw.response().status == 200 for _ in range(1000))


def test_answers_have_a_date_and_a_length(server):
    answer = server.anonymous.get("health")
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", answer.header("Date"))
    assert int(answer.header("Content-Length")) == len(answer.body)
