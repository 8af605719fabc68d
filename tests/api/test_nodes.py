# SPDX-License-Identifier: Apache-2.0
"""Nodes: registering, what a node shows, heartbeats, health, draining, safe mode, offline."""

import pytest

from harness import tasks
from harness.expect import TIME, invalid, invalid_within, node_info, ok, problem, status
from harness.modules import echo
from harness.node import CAPABILITIES, TELEMETRY, FakeNode, registration
from harness.programs import HEARTBEAT_INTERVAL
from harness.wait import eventually

TOO_HOT = {"temperature_c": 85.1}


def register(server, body):
    return server.role("join").post("nodes", json=body)


def show(server, node):
    return ok(server.admin.get(f"nodes/{node.node_id}"))


# --- registering --------------------------------------------------------------------------------

def test_registering_gives_the_node_and_its_token(server, names):
    body = registration(names("node"), slots=7, labels={"rack": "r1"},
                        safety_policy={"max_temperature_c": 70, "max_latency_ms": 50,
                                       "max_consecutive_errors": 3})
    answer = status(register(server, body), 201)
    node = node_info(answer.json())
    assert node["node_token"]
    assert answer.header("Location") == f"/api/v1/nodes/{body['node_id']}"
    for member in ("node_id", "region", "node_type", "slots", "labels"):
        assert node[member] == body[member]
    assert node["capabilities"] == body["capabilities"]
    assert node["safety_policy"] == body["safety_policy"]
    assert node["status"] == "online"
    assert node["slots_free"] == 7
    assert (node["completed"], node["failed"], node["disputed"]) == (0, 0, 0)


def test_the_nodes_token_is_told_once(server, node):
    assert "node_token" not in show(server, node)
    assert node.token not in server.admin.get("nodes?limit=1000").body.decode()


def test_slots_are_the_cores_if_not_named(server, names):
    body = registration(names("node"))
    assert ok(register(server, body), 201)["slots"] == body["capabilities"]["cpu_cores"]


@pytest.mark.parametrize("change, pointer", [
    ({"node_id": ""}, "/node_id"), ({"node_id": "x" * 65}, "/node_id"),
    ({"node_id": "a b"}, "/node_id"), ({"node_id": "a/b"}, "/node_id"),
    ({"node_id": "caf\u00e9"}, "/node_id"), ({"node_id": 5}, "/node_id"),
    ({"node_id": None}, "/node_id"),
    ({"region": ""}, "/region"), ({"region": "x" * 33}, "/region"), ({"region": []}, "/region"),
    ({"node_type": "toaster"}, "/node_type"), ({"node_type": "Compute"}, "/node_type"),
    ({"slots": 0}, "/slots"), ({"slots": 4097}, "/slots"), ({"slots": 1.5}, "/slots"),
    ({"slots": "4"}, "/slots"), ({"slots": -1}, "/slots"),
    ({"labels": []}, "/labels"), ({"labels": {"a": 1}}, "/labels/a"),
    ({"safety_policy": 1}, "/safety_policy"),
    ({"safety_policy": {"max_temperature_c": "hot"}}, "/safety_policy/max_temperature_c"),
    ({"safety_policy": {"max_speed": 1}}, "/safety_policy/max_speed"),
    ({"capabilities": None}, "/capabilities"),
    ({"colour": "red"}, "/colour"),
], ids=str)
def test_a_bad_member_is_named(server, names, change, pointer):
    invalid(register(server, registration(names("node"), **change)), pointer)


@pytest.mark.parametrize("change, pointer", [
    ({"bandwidth_mbps": -1}, "/capabilities/bandwidth_mbps"),
    ({"bandwidth_mbps": 100001}, "/capabilities/bandwidth_mbps"),
    ({"bandwidth_mbps": "fast"}, "/capabilities/bandwidth_mbps"),
    ({"cpu_cores": 0}, "/capabilities/cpu_cores"),
    ({"cpu_cores": 1025}, "/capabilities/cpu_cores"),
    ({"cpu_cores": 2.5}, "/capabilities/cpu_cores"),
    ({"memory_gb": 0.05}, "/capabilities/memory_gb"),
    ({"memory_gb": 10001}, "/capabilities/memory_gb"),
    ({"memory_gb": True}, "/capabilities/memory_gb"),
    ({"gpu_available": "yes"}, "/capabilities/gpu_available"),
    ({"gpu_available": 1}, "/capabilities/gpu_available"),
    ({"wheels": 4}, "/capabilities/wheels"),
], ids=str)
def test_a_bad_capability_is_named(server, names, change, pointer):
    body = registration(names("node"), capabilities={**CAPABILITIES, **change})
    invalid(register(server, body), pointer)


@pytest.mark.parametrize("member", ["node_id", "region", "node_type", "capabilities"])
def test_a_missing_member_is_named(server, names, member):
    body = registration(names("node"))
    del body[member]
    invalid(register(server, body), f"/{member}")


@pytest.mark.parametrize("member", sorted(CAPABILITIES))
def test_a_missing_capability_is_named(server, names, member):
    body = registration(names("node"))
    del body["capabilities"][member]
    invalid(register(server, body), f"/capabilities/{member}")


def test_all_bad_members_are_named_at_once(server):
    invalid(register(server, {"node_id": "", "region": "", "node_type": "x", "slots": 0,
                              "capabilities": {**CAPABILITIES, "cpu_cores": 0}}),
            "/node_id", "/region", "/node_type", "/slots", "/capabilities/cpu_cores")


@pytest.mark.parametrize("change", [
    {"region": "x"}, {"region": "x" * 32}, {"slots": 1}, {"slots": 4096}, {"labels": {}},
    {"node_type": "gateway"}, {"node_type": "storage"}, {"node_type": "validator"},
    {"node_type": "any"},
    {"capabilities": {**CAPABILITIES, "bandwidth_mbps": 0}},
    {"capabilities": {**CAPABILITIES, "bandwidth_mbps": 100000, "cpu_cores": 1024}},
    {"capabilities": {**CAPABILITIES, "memory_gb": 0.1, "cpu_cores": 1}},
    {"capabilities": {**CAPABILITIES, "memory_gb": 10000, "gpu_available": True}},
], ids=str)
def test_the_ends_of_the_ranges_are_fine(server, names, change):
    status(register(server, registration(names("node"), **change)), 201)


def test_a_node_id_may_have_64_characters_of_every_kind(server):
    node_id = "Az09_-" + "x" * 58
    status(register(server, registration(node_id)), 201)
    status(server.admin.get(f"nodes/{node_id}"), 200)


# --- registering again --------------------------------------------------------------------------

def test_registering_again_with_the_join_token_is_409(server, node):
    problem(register(server, node.body), 409)


def test_registering_again_with_the_own_token_renews_what_is_registered(server, node):
    capabilities = {**CAPABILITIES, "cpu_cores": 8, "gpu_available": True}
    answer = node.register(region="us-east", labels={"new": "1"}, capabilities=capabilities)
    status(answer, 200)
    shown = show(server, node)
    assert shown["region"] == "us-east"
    assert shown["labels"] == {"new": "1"}
    assert shown["capabilities"] == capabilities


def test_registering_again_keeps_the_token(node):
    again = ok(node.register())
    token = again.get("node_token") or node.token
    status(node.daemon.client(token).post(f"nodes/{node.node_id}/leases"), 200)


def test_registering_again_with_bad_members_changes_nothing(server, node):
    invalid(node.register(region=""), "/region")
    assert show(server, node)["region"] == node.body["region"]


def test_registering_again_places_the_leases_again(client, node):
    lease = node.leased(client)
    ok(node.register())
    problem(node.result(lease, b"late"), 409)
    again = node.lease_one()
    assert again["task_id"] == lease["task_id"]
    assert again["epoch"] > lease["epoch"]
    status(node.result(again, b"good"), 200)


# --- reading ------------------------------------------------------------------------------------

def test_a_node_has_every_member(server, node):
    node_info(show(server, node))


def test_the_list_has_the_node_as_the_single_route_shows_it(server, node):
    listed = {item["node_id"]: item for item in server.admin.items("nodes")}
    assert listed[node.node_id] == show(server, node)


@pytest.mark.parametrize("query, expected", [
    ("region=filter-here", True), ("region=elsewhere", False),
    ("type=storage", True), ("type=gateway", False),
    ("status=online", True), ("status=offline", False),
    ("status=online&region=filter-here&type=storage", True),
])
def test_the_list_is_filtered(server, make_node, query, expected):
    node = make_node(region="filter-here", node_type="storage")
    found = {item["node_id"] for item in server.admin.items(f"nodes?{query}")}
    assert (node.node_id in found) == expected


@pytest.mark.parametrize("query, name", [
    ("status=asleep", "status"), ("type=toaster", "type"), ("limit=0", "limit"),
    ("limit=1001", "limit"), ("limit=x", "limit"), ("colour=red", "colour"),
])
def test_a_bad_query_parameter_is_named(server, query, name):
    answer = server.admin.get(f"nodes?{query}")
    problem(answer, 422)
    assert name in answer.body.decode()


@pytest.mark.parametrize("method, path", [
    ("GET", "nodes/none"), ("DELETE", "nodes/none"), ("POST", "nodes/none/drain"),
    ("POST", "nodes/none/undrain"), ("POST", "nodes/none/leases"),
])
def test_what_is_not_registered_is_404(server, method, path):
    problem(server.admin.request(method, path), 404)


def test_a_heartbeat_of_what_is_not_registered_is_404(server):
    answer = server.admin.put("nodes/none/heartbeat", json={"telemetry": {}, "leases": []})
    problem(answer, 404)


# --- leaving ------------------------------------------------------------------------------------

def test_a_deleted_node_is_gone_and_its_token_with_it(server, make_node):
    node = make_node()
    status(server.admin.delete(f"nodes/{node.node_id}"), 204)
    problem(server.admin.get(f"nodes/{node.node_id}"), 404)
    problem(node.heartbeat(), 401, 404)


def test_the_leases_of_a_deleted_node_are_stale_and_placed_again(server, make_node, client):
    first, second = make_node(labels={"pair": "gone"}), make_node(labels={"pair": "gone"})
    wanted = tasks.requirements(labels={"pair": "gone"})
    task = tasks.submit(client, requirements=wanted)
    lease = first.lease_one()
    status(server.admin.delete(f"nodes/{first.node_id}"), 204)
    body = first.result_body(lease, b"late")
    problem(server.admin.post(f"tasks/{task['task_id']}/result", json=body), 404, 409)
    again = second.lease_one()
    assert again["task_id"] == task["task_id"]
    assert again["epoch"] > lease["epoch"]


def test_a_deleted_id_can_be_registered_afresh(server, make_node):
    node = make_node()
    status(server.admin.delete(f"nodes/{node.node_id}"), 204)
    status(register(server, node.body), 201)


# --- heartbeats and health ----------------------------------------------------------------------

def test_a_heartbeat_is_answered_with_health(server, node):
    beat = ok(node.heartbeat())
    assert beat["node_status"] == "online"
    assert beat["safe_mode"] is False
    assert beat["cancelled"] == []
    assert beat["health_score"] == pytest.approx(show(server, node)["health_score"])


def test_the_telemetry_is_shown(server, node):
    ok(node.heartbeat(temperature_c=51.5))
    shown = show(server, node)
    assert shown["telemetry"]["temperature_c"] == 51.5
    assert TIME.match(shown["last_seen"])


def health(bandwidth, latency_ms, cpu, memory, reputation=0.5):
    """The health score by its definition, 0 to 100."""
    clamp = lambda x: max(0.0, min(1.0, x))  # noqa: E731
    return 100 * (0.4 * clamp(bandwidth / 1000) + 0.3 * clamp(1 - latency_ms / 100)
                  + 0.2 * (200 - cpu - memory) / 200 + 0.1 * reputation)


@pytest.mark.parametrize("bandwidth", [0, 100, 1000, 5000])
def test_health_before_the_first_heartbeat_is_of_the_registered_bandwidth(make_node, bandwidth):
    node = make_node(capabilities={**CAPABILITIES, "bandwidth_mbps": bandwidth})
    assert node.info["health_score"] == pytest.approx(health(bandwidth, 0, 0, 0), abs=0.01)


@pytest.mark.parametrize("bandwidth, latency, cpu, memory", [
    (1000, 0, 0, 0), (500, 50, 20, 40), (0, 100, 100, 100), (5000, 10, 0, 100),
])
def test_health_follows_the_telemetry(node, bandwidth, latency, cpu, memory):
    beat = ok(node.heartbeat(bandwidth_mbps=bandwidth, avg_latency_ms=latency,
                             cpu_usage_percent=cpu, memory_usage_percent=memory))
    assert beat["health_score"] == pytest.approx(health(bandwidth, latency, cpu, memory), abs=0.01)


@pytest.mark.parametrize("change, pointer", [
    ({"cpu_usage_percent": 101}, "/telemetry/cpu_usage_percent"),
    ({"cpu_usage_percent": -1}, "/telemetry/cpu_usage_percent"),
    ({"memory_usage_percent": 100.5}, "/telemetry/memory_usage_percent"),
    ({"avg_latency_ms": -1}, "/telemetry/avg_latency_ms"),
    ({"bandwidth_mbps": -0.5}, "/telemetry/bandwidth_mbps"),
    ({"power_watts": "much"}, "/telemetry/power_watts"),
    ({"mood": "good"}, "/telemetry/mood"),
], ids=str)
def test_bad_telemetry_is_named(node, change, pointer):
    invalid(node.heartbeat(**change), pointer)


@pytest.mark.parametrize("member", sorted(TELEMETRY))
def test_telemetrys_members_are_optional(node, member):
    telemetry = {name: value for name, value in TELEMETRY.items() if name != member}
    ok(node.client.put(f"nodes/{node.node_id}/heartbeat",
                       json={"telemetry": telemetry, "leases": []}))


def test_telemetry_may_be_empty(node):
    ok(node.client.put(f"nodes/{node.node_id}/heartbeat", json={"telemetry": {}, "leases": []}))


@pytest.mark.parametrize("body, pointer", [
    ({"leases": []}, "/telemetry"),
    ({"telemetry": None, "leases": []}, "/telemetry"),
    ({"telemetry": {}, "leases": {}}, "/leases"),
    ({"telemetry": {}, "leases": [{"epoch": 1}]}, "/leases/0/task_id"),
    ({"telemetry": {}, "leases": [{"task_id": "x"}]}, "/leases/0/epoch"),
    ({"telemetry": {}, "leases": [{"task_id": "x", "epoch": "1"}]}, "/leases/0/epoch"),
    ({"telemetry": {}, "leases": [], "extra": 1}, "/extra"),
], ids=str)
def test_a_bad_heartbeat_is_named(node, body, pointer):
    invalid(node.client.put(f"nodes/{node.node_id}/heartbeat", json=body), pointer)


def test_a_lease_that_the_node_does_not_hold_comes_back_as_cancelled(node):
    beat = ok(node.heartbeat([{"task_id": "none", "epoch": 7}]))
    assert beat["cancelled"] == [{"task_id": "none", "epoch": 7}]


def test_a_lease_that_the_node_holds_does_not_come_back(client, node):
    lease = node.leased(client)
    assert ok(node.heartbeat([lease]))["cancelled"] == []
    ok(node.heartbeat([{**lease, "progress": 0.5}]))


def test_a_heartbeat_may_tell_progress(client, node):
    lease = node.leased(client)
    body = {"telemetry": {}, "leases": [{"task_id": lease["task_id"], "epoch": lease["epoch"],
                                         "progress": 0.5}]}
    ok(node.client.put(f"nodes/{node.node_id}/heartbeat", json=body))


def test_a_cancelled_task_is_told_at_the_next_heartbeat(client, node):
    lease = node.leased(client)
    status(client.post(f"tasks/{lease['task_id']}/cancel"), 200)
    cancelled = ok(node.heartbeat([lease]))["cancelled"]
    assert cancelled == [{"task_id": lease["task_id"], "epoch": lease["epoch"]}]


def test_counts_and_reputation_follow_the_results(server, client, node):
    before = show(server, node)
    for outcome in ("ok", "ok", "trap"):
        status(node.result(node.leased(client), status=outcome), 200)
    after = show(server, node)
    assert after["completed"] >= before["completed"] + 2
    assert after["reputation"] > before["reputation"]


def test_free_slots_are_slots_less_leases(server, client, make_node):
    node = make_node(slots=3)
    lease = node.leased(client)
    assert show(server, node)["slots_free"] == 2
    status(node.result(lease), 200)
    assert show(server, node)["slots_free"] == 3


# --- draining -----------------------------------------------------------------------------------

def test_a_draining_node_gets_nothing_new_and_its_leases_count(server, client, node):
    lease = node.leased(client)
    status(server.admin.post(f"nodes/{node.node_id}/drain"), 200, 204)
    assert show(server, node)["status"] == "draining"
    node.submit(client)
    assert node.lease() == []
    status(node.result(lease, b"still good"), 200)


def test_draining_outlasts_heartbeats_until_undrain(server, client, node):
    status(server.admin.post(f"nodes/{node.node_id}/drain"), 200, 204)
    assert ok(node.heartbeat())["node_status"] == "draining"
    assert show(server, node)["status"] == "draining"
    task = node.submit(client)
    status(server.admin.post(f"nodes/{node.node_id}/undrain"), 200, 204)
    assert node.lease_one()["task_id"] == task["task_id"]


# --- safe mode ----------------------------------------------------------------------------------

@pytest.mark.parametrize("telemetry, safe", [
    ({"temperature_c": 85}, False), ({"temperature_c": 85.1}, True),
    ({"avg_latency_ms": 100}, False), ({"avg_latency_ms": 100.1}, True),
], ids=str)
def test_safe_mode_is_strictly_above_its_bounds(node, telemetry, safe):
    beat = ok(node.heartbeat(**telemetry))
    assert beat["safe_mode"] is safe
    assert beat["node_status"] == ("safe_mode" if safe else "online")


@pytest.mark.parametrize("policy, telemetry, safe", [
    ({"max_temperature_c": 50}, {"temperature_c": 51}, True),
    ({"max_temperature_c": 95}, {"temperature_c": 90}, False),
    ({"max_latency_ms": 10}, {"avg_latency_ms": 11}, True),
    ({"max_latency_ms": 500}, {"avg_latency_ms": 400}, False),
], ids=str)
def test_the_safety_policy_moves_the_bounds(make_node, policy, telemetry, safe):
    full = {"max_temperature_c": 85, "max_latency_ms": 100, "max_consecutive_errors": 25, **policy}
    assert ok(make_node(safety_policy=full).heartbeat(**telemetry))["safe_mode"] is safe


def test_a_node_in_safe_mode_gets_nothing_new_and_its_leases_count(client, node):
    lease = node.leased(client)
    ok(node.heartbeat([lease], **TOO_HOT))
    node.submit(client)
    assert node.lease() == []
    status(node.result(lease, b"still good"), 200)


def test_after_a_good_beat_there_is_one_trial_task_and_then_all(server, client, make_node):
    node = make_node(slots=4)
    ok(node.heartbeat(**TOO_HOT))
    for _ in range(3):
        node.submit(client)
    ok(node.heartbeat())
    trial = node.lease(4, 5)
    assert len(trial) == 1
    assert node.lease(4) == []
    status(node.result(trial[0]), 200)
    assert show(server, node)["status"] == "online"
    assert len(node.lease(4, 5)) == 2


def test_consecutive_errors_of_the_node_bring_safe_mode(server, client, make_node):
    node = make_node(slots=1, safety_policy={"max_temperature_c": 85, "max_latency_ms": 100,
                                             "max_consecutive_errors": 2})
    for _ in range(2):
        node.submit(client, max_retries=0)
        status(node.result(node.lease_one(), status="timeout"), 200)
    assert show(server, node)["status"] == "safe_mode"


def test_traps_and_exit_codes_are_not_the_nodes_errors(server, client, make_node):
    node = make_node(safety_policy={"max_temperature_c": 85, "max_latency_ms": 100,
                                    "max_consecutive_errors": 2})
    for outcome in ("trap", "exit_code", "out_of_gas", "trap"):
        status(node.result(node.leased(client), status=outcome, exit_code=1), 200)
    assert show(server, node)["status"] == "online"


# --- offline ------------------------------------------------------------------------------------

@pytest.mark.slow
def test_a_node_that_misses_three_beats_is_offline_and_comes_back(start_daemon):
    daemon = start_daemon(env={HEARTBEAT_INTERVAL: "1000"})
    node = FakeNode(daemon, "sleeper")
    client = daemon.submitter()
    lease = node.leased(client)
    eventually(lambda: show(daemon, node)["status"] == "offline", "the node offline", 40, 0.1)
    late = node.submit(client)
    assert ok(client.get(f"tasks/{late['task_id']}"))["status"] == "pending"

    status(node.result(lease, b"held"), 200)
    assert ok(node.heartbeat())["node_status"] == "online"
    assert node.lease_one()["task_id"] == late["task_id"]


def test_requirements_of_bad_labels_are_named(client):
    body = tasks.body(tasks.upload(client, echo()),
                      requirements=tasks.requirements(labels={"a": 1}))
    invalid_within(client.post("tasks", json=body), "/requirements/labels")
