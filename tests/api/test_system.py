# SPDX-License-Identifier: Apache-2.0
"""Health, readiness, metrics, documentation and statistics."""

import re

import pytest

from harness import tasks
from harness.expect import TIME, ok, problem, status
from harness.node import FakeNode

STATS = {"total_nodes", "healthy_nodes", "total_tasks", "pending_tasks", "running_tasks",
         "completed_tasks", "failed_tasks", "avg_health_score", "total_compute_capacity"}


def test_health_says_healthy_with_version_and_time(server):
    health = ok(server.anonymous.get("health"))
    assert health["status"] == "healthy"
    assert isinstance(health["version"], str) and health["version"]
    assert TIME.match(health["timestamp"])


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/health", "/openapi.json"])
def test_is_served_without_a_token(server, path):
    status(server.anonymous.get(path), 200)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/health", "/openapi.json"])
def test_is_served_with_a_token_that_is_not_known(server, path):
    status(server.client("no-such-token").get(path), 200, 401)


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/cluster/stats"])
def test_is_not_served_without_a_token(server, path):
    problem(server.anonymous.get(path), 401)


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/cluster/stats"])
@pytest.mark.parametrize("role", ["admin", "submitter", "reader"])
def test_statistics_are_for_those_who_read(server, path, role):
    status(server.role(role).get(path), 200)


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/cluster/stats"])
def test_statistics_are_not_for_join_tokens(server, path):
    problem(server.role("join").get(path), 403)


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/cluster/stats"])
def test_statistics_are_not_for_nodes(server, node, path):
    problem(node.client.get(path), 403)


def test_metrics_are_prometheus_text_and_named_vcp(server):
    answer = status(server.admin.get("/metrics"), 200)
    assert answer.media_type == "text/plain"
    samples = [line for line in answer.body.decode().splitlines()
               if line and not line.startswith("#")]
    assert samples
    assert all(line.startswith("vcp_") for line in samples), samples


def test_metrics_have_types_and_a_latency_histogram(server):
    server.admin.get("cluster/stats")
    text = server.admin.get("/metrics").body.decode()
    assert "# TYPE vcp_" in text
    assert 'le="+Inf"' in text


def test_metrics_name_what_copies_cost(server):
    server.admin.get("nodes")
    server.admin.get("tasks")
    text = server.admin.get("/metrics").body.decode()
    for kind in ("nodes", "tasks"):
        assert re.search(rf'vcp_copy_out_seconds_count{{kind="{kind}"}} [1-9]', text)
        assert f'vcp_copy_out_records_count{{kind="{kind}"}}' in text
        assert f'vcp_copy_out_bytes_total{{kind="{kind}"}}' in text


def test_openapi_is_3_1_and_describes_the_routes(server):
    answer = status(server.anonymous.get("/openapi.json"), 200)
    assert answer.media_type == "application/json"
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    paths = " ".join(document["paths"])
    for route in ("/tasks", "/tasks/batch", "/nodes", "/modules", "/blobs", "/tokens",
                  "/cluster/stats", "/events"):
        assert route in paths, route


def test_openapi_names_only_routes_that_exist(server):
    paths = ok(server.anonymous.get("/openapi.json"))
    base = paths.get("servers", [{"url": ""}])[0]["url"].rstrip("/")
    for template, methods in paths["paths"].items():
        path = template if template.startswith("/") and base in ("", "/") else base + template
        parts = ["x" if part.startswith("{") else part for part in path.split("/")]
        answer = server.anonymous.request("PATCH", "/".join(parts))
        assert answer.status == 405, (template, answer)
        allowed = {method.strip() for method in answer.header("Allow").split(",")}
        wanted = {name.upper() for name in methods if name != "parameters"}
        assert wanted <= allowed, (template, wanted, allowed)


def test_docs_are_a_page_for_people(server):
    answer = status(server.admin.get("/docs"), 200)
    assert answer.media_type == "text/html"
    assert b"/tasks" in answer.body


def test_cluster_stats_have_their_members(server):
    stats = ok(server.admin.get("cluster/stats"))
    assert STATS <= stats.keys()
    assert all(isinstance(stats[name], (int, float)) for name in STATS)


def test_cluster_stats_count_nodes_and_tasks(start_daemon):
    daemon = start_daemon()
    empty = ok(daemon.admin.get("cluster/stats"))
    assert {empty[name] for name in STATS if name.endswith(("nodes", "tasks"))} == {0}

    node = FakeNode(daemon, "counted")
    done, bad, running = (node.submit(daemon.admin) for _ in range(3))
    tasks.park(daemon.admin)
    leases = {lease["task_id"]: lease for lease in node.lease(3, 5)}
    status(node.result(leases[done["task_id"]], b"x"), 200)
    status(node.result(leases[bad["task_id"]], status="trap"), 200)

    stats = ok(daemon.admin.get("cluster/stats"))
    assert (stats["total_nodes"], stats["healthy_nodes"]) == (1, 1)
    assert stats["total_tasks"] == 4
    assert stats["completed_tasks"] == 1
    assert stats["failed_tasks"] == 1
    assert stats["running_tasks"] == 1, running
    assert stats["pending_tasks"] == 1
    assert 0 < stats["avg_health_score"] <= 100
    assert stats["total_compute_capacity"] > 0
