# SPDX-License-Identifier: Apache-2.0
"""Lists: pages, cursors, the Link header, filters, and that owners do not see each other."""

import re
from datetime import datetime, timedelta, timezone
from urllib.parse import quote

import pytest

from harness import modules, tasks
from harness.expect import ok, problem, status
from harness.node import FakeNode, registration

LINK = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?')


@pytest.fixture(scope="module")
def owner(server):
    """An owner of 25 parked tasks and 5 modules."""
    client = server.submitter("lists")
    ids = [tasks.upload(client, modules.unlabelled()) for _ in range(5)]
    for i in range(25):
        tasks.park(client, ids[i % 5], task_type=("computation" if i % 2 else "wasm_execution"))
    return client


@pytest.fixture(scope="module")
def crowd(server):
    """Twelve nodes."""
    return [FakeNode(server, f"crowd-{i:02d}") for i in range(12)]


LISTS = ["tasks", "tasks/dead", "modules", "nodes", "tokens"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_is_items_and_a_cursor(server, path):
    page = ok(server.admin.get(path))
    assert isinstance(page["items"], list)
    assert page["next_cursor"] is None or isinstance(page["next_cursor"], str)


@pytest.mark.parametrize("limit", [1, 7, 24, 25, 26, 1000])
def test_pages_of_tasks_are_all_of_them_once(owner, limit):
    pages = list(owner.pages("tasks", limit))
    ids = [item["task_id"] for page in pages for item in page["items"]]
    assert len(ids) == len(set(ids)) == 25
    assert all(len(page["items"]) == limit for page in pages[:-1])
    assert ids == [item["task_id"] for item in owner.items("tasks")]


def test_pages_of_nodes_are_all_of_them_once(server, crowd):
    ids = [item["node_id"] for page in server.admin.pages("nodes", 5) for item in page["items"]]
    assert len(ids) == len(set(ids))
    assert {node.node_id for node in crowd} <= set(ids)


def test_pages_of_modules_are_all_of_them_once(owner):
    ids = [item["module_id"] for page in owner.pages("modules", 2) for item in page["items"]]
    assert len(ids) == len(set(ids)) == 5


def test_pages_of_tokens_are_all_of_them_once(server):
    made = {ok(server.admin.post("tokens", json={"role": "reader"}), 201)["token_id"]
            for _ in range(5)}
    ids = [item["token_id"] for page in server.admin.pages("tokens", 2)
           for item in page["items"]]
    assert len(ids) == len(set(ids))
    assert made <= set(ids)


def test_the_default_limit_is_100(server, names):
    client = server.submitter(names("owner"))
    body = tasks.parked(tasks.upload(client, modules.echo()))
    tasks.batch(client, tasks.lines(body) * 101)
    page = ok(client.get("tasks"))
    assert len(page["items"]) == 100
    assert page["next_cursor"]


def test_the_last_page_has_no_cursor_and_no_link(owner):
    answer = status(owner.get("tasks?limit=1000"), 200)
    assert answer.json()["next_cursor"] is None
    assert answer.header("Link") is None


def test_the_link_leads_to_the_next_page_with_the_same_filters(owner):
    answer = status(owner.get("tasks?limit=4&task_type=computation"), 200)
    seen = [item["task_id"] for item in answer.json()["items"]]
    while answer.header("Link"):
        target = LINK.search(answer.header("Link")).group(1)
        path = target[target.index("/api/v1/"):]
        assert "limit=4" in path and "task_type=computation" in path
        answer = status(owner.get(path), 200)
        seen += [item["task_id"] for item in answer.json()["items"]]
    assert len(seen) == len(set(seen)) == 12


def test_the_link_and_the_cursor_are_the_same_page(owner):
    answer = owner.get("tasks?limit=4")
    target = LINK.search(answer.header("Link")).group(1)
    by_link = owner.get(target[target.index("/api/v1/"):]).json()
    by_cursor = owner.get(f"tasks?limit=4&cursor={quote(answer.json()['next_cursor'])}").json()
    assert by_link == by_cursor


def test_a_cursor_needs_no_quoting(owner):
    cursor = owner.get("tasks?limit=4").json()["next_cursor"]
    assert quote(cursor, safe="-_.~") == cursor


def test_what_comes_while_paging_does_no_harm(server, names):
    client = server.submitter(names("owner"))
    module = tasks.upload(client, modules.echo())
    first = {tasks.park(client, module)["task_id"] for _ in range(6)}
    seen = []
    for page in client.pages("tasks", 2):
        seen += [item["task_id"] for item in page["items"]]
        if len(seen) < 5:
            tasks.park(client, module)
    assert len(seen) == len(set(seen))
    assert first <= set(seen)


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("query, name", [
    ("limit=0", "limit"), ("limit=1001", "limit"), ("limit=-1", "limit"), ("limit=ten", "limit"),
    ("limit=", "limit"), ("cursor=%00", "cursor"), ("cursor=nonsense!", "cursor"),
    ("colour=red", "colour"),
])
def test_a_bad_parameter_is_named(server, path, query, name):
    answer = server.admin.get(f"{path}?{query}")
    problem(answer, 422)
    assert name in answer.body.decode()


def test_a_parameter_twice_is_refused(server):
    problem(server.admin.get("tasks?limit=1&limit=2"), 400, 422)


# --- filters ------------------------------------------------------------------------------------

@pytest.mark.parametrize("query, count", [
    ("status=pending", 25), ("status=completed", 0), ("task_type=computation", 12),
    ("task_type=wasm_execution", 13), ("status=pending&task_type=computation", 12),
])
def test_tasks_are_filtered(owner, query, count):
    assert len(owner.items(f"tasks?{query}")) == count
    assert len(owner.items(f"tasks?{query}", limit=3)) == count


def test_tasks_are_filtered_by_module(owner):
    for module in owner.items("modules"):
        found = owner.items(f"tasks?module_id={module['module_id']}")
        assert len(found) == 5
        assert {item["module_id"] for item in found} == {module["module_id"]}


def test_tasks_are_filtered_by_every_status(client, node):
    states = {}
    states["pending"] = tasks.park(client)["task_id"]
    cancelled = tasks.park(client)["task_id"]
    status(client.post(f"tasks/{cancelled}/cancel"), 200)
    states["cancelled"] = cancelled
    for name, outcome in (("completed", "ok"), ("failed", "trap")):
        lease = node.leased(client)
        status(node.result(lease, status=outcome), 200)
        states[name] = lease["task_id"]
    states["running"] = node.leased(client)["task_id"]
    for name, task in states.items():
        assert [item["task_id"] for item in client.items(f"tasks?status={name}")] == [task]
    assert client.items("tasks?status=verifying") == []


def test_tasks_are_filtered_by_time(owner):
    created = sorted(item["created_at"] for item in owner.items("tasks"))
    first = datetime.fromisoformat(created[0].replace("Z", "+00:00"))
    last = datetime.fromisoformat(created[-1].replace("Z", "+00:00"))

    def at(moment):
        return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z"

    second = timedelta(seconds=1)
    assert len(owner.items(f"tasks?created_after={at(first - second)}")) == 25
    assert owner.items(f"tasks?created_before={at(first - second)}") == []
    assert owner.items(f"tasks?created_after={at(last + second)}") == []
    assert len(owner.items(f"tasks?created_before={at(last + second)}")) == 25
    window = f"created_after={at(first - second)}&created_before={at(last + second)}"
    assert len(owner.items(f"tasks?{window}", limit=4)) == 25


@pytest.mark.parametrize("query, name", [
    ("status=happy", "status"), ("task_type=dance", "task_type"),
    ("created_after=yesterday", "created_after"), ("created_before=1", "created_before"),
])
def test_a_bad_filter_is_named(server, query, name):
    answer = server.admin.get(f"tasks?{query}")
    problem(answer, 422)
    assert name in answer.body.decode()


def test_items_of_the_list_have_neither_output_nor_log(client, node):
    lease = node.leased(client)
    status(node.result(lease, b"secret output", log="secret log"), 200)
    item, = client.items("tasks")
    assert item["status"] == "completed"
    assert "output" not in (item["result"] or {})
    assert "log" not in (item["result"] or {})
    assert "secret" not in client.get("tasks").body.decode()


# --- owners -------------------------------------------------------------------------------------

def test_owners_see_their_own(server, names):
    owners = [server.submitter(names("owner")) for _ in range(3)]
    made = [{tasks.park(client)["task_id"] for _ in range(2)} for client in owners]
    for client, ids in zip(owners, made):
        assert {item["task_id"] for item in client.items("tasks")} == ids
        assert len(client.items("tasks?status=pending", limit=1)) == 2


def test_an_administrator_sees_every_owner(server, owner):
    everything = {item["task_id"] for item in server.admin.items("tasks")}
    assert {item["task_id"] for item in owner.items("tasks")} <= everything


def test_a_cursor_of_another_owner_shows_nothing_of_theirs(server, owner, names):
    cursor = owner.get("tasks?limit=2").json()["next_cursor"]
    other = server.submitter(names("owner"))
    answer = other.get(f"tasks?limit=10&cursor={cursor}")
    assert answer.status in (200, 422)
    if answer.status == 200:
        assert answer.json()["items"] == []


def test_a_reader_sees_what_its_owner_has(server, owner):
    reader = server.role("reader", "lists")
    assert reader.items("tasks") == owner.items("tasks")


def test_nodes_are_everybodys(server, owner, crowd):
    seen = {item["node_id"] for item in owner.items("nodes")}
    assert {node.node_id for node in crowd} <= seen


def test_a_registration_appears_in_the_list_at_once(server, names):
    body = registration(names("node"))
    ok(server.admin.post("nodes", json=body), 201)
    assert body["node_id"] in {item["node_id"] for item in server.admin.items("nodes")}
