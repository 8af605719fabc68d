# SPDX-License-Identifier: Apache-2.0
"""Fixtures: a server for each file, extra servers on demand, nodes that are real or played."""

import itertools

import pytest

pytest.register_assert_rewrite("harness.expect", "harness.tasks", "harness.node", "harness.rest")

from harness.node import FakeNode  # noqa: E402
from harness.programs import Daemon, NodeAgent, Programs  # noqa: E402


def pytest_addoption(parser):
    parser.addoption("--bin-dir", default="build/release/bin",
                     help="where vcpd, vcp-node and vcp are")
    parser.addoption("--kills", type=int, default=25, help="kills of the kill test")
    parser.addoption("--seed", type=int, default=None, help="seed of the kill test")


@pytest.fixture(scope="session")
def programs(request):
    """The programs under test; whatever was started is ended with the session."""
    found = Programs(request.config.getoption("--bin-dir"))
    request.config.programs = found
    yield found
    for process in list(found.started):
        found.end(process)


@pytest.fixture(scope="session")
def names():
    """Names that no other test of the session uses: names('node') -> 'node-7'."""
    counter = itertools.count(1)
    return lambda prefix: f"{prefix}-{next(counter)}"


@pytest.fixture(scope="module")
def server(programs, tmp_path_factory):
    """A vcpd that the tests of one file share."""
    daemon = Daemon(programs, tmp_path_factory.mktemp("vcpd"))
    daemon.start()
    yield daemon
    programs.end(daemon)


@pytest.fixture
def make_daemon(programs, tmp_path):
    """Makes a vcpd that is not started; killed at the end of the test."""
    made = []

    def make(**options):
        daemon = Daemon(programs, tmp_path / f"vcpd-{len(made)}", **options)
        made.append(daemon)
        return daemon

    yield make
    for daemon in made:
        programs.end(daemon)


@pytest.fixture
def start_daemon(make_daemon):
    """Starts a vcpd of the test's own."""
    return lambda **options: make_daemon(**options).start()


@pytest.fixture
def client(server, names):
    """A submitter whose owner has nothing yet."""
    return server.submitter(names("owner"))


@pytest.fixture
def node(server, names):
    """A played node that takes whatever is submitted; deleted at the end of the test."""
    played = FakeNode(server, names("node"))
    yield played
    server.admin.delete(f"nodes/{played.node_id}")


@pytest.fixture
def make_node(server, names):
    """Registers played nodes with chosen properties; deleted at the end of the test."""
    made = []

    def make(**options):
        made.append(FakeNode(server, names("node"), **options))
        return made[-1]

    yield make
    for played in made:
        server.admin.delete(f"nodes/{played.node_id}")


@pytest.fixture(scope="module")
def real_node(server, programs, tmp_path_factory):
    """A vcp-node that serves the shared server."""
    agent = NodeAgent(programs, tmp_path_factory.mktemp("node"), server)
    agent.start()
    yield agent
    programs.end(agent)


@pytest.fixture
def start_node(programs, tmp_path):
    """Starts a vcp-node for a given daemon; killed at the end of the test."""
    made = []

    def start(daemon, **options):
        agent = NodeAgent(programs, tmp_path / f"node-{len(made)}", daemon, **options)
        made.append(agent)
        return agent.start()

    yield start
    for agent in made:
        programs.end(agent)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the ends of the logs of the programs that ran."""
    outcome = yield
    report = outcome.get_result()
    running = getattr(item.config, "programs", None)
    if report.failed and running:
        report.sections += [(f"log of {name}", text) for name, text in running.logs()]
