# SPDX-License-Identifier: Apache-2.0
"""Rate limits: what a client is told, and what it gets when it does not listen."""

import re
import socket

import pytest

from harness.expect import problem, status

POLICY = re.compile(r'^"(token|address)";q=(\d+);w=1$')
LEFT = re.compile(r'^"(token|address)";r=(\d+);t=\d+$')
RATE = 3


def own_address():
    """An address of this machine that is not loopback; None if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737; connecting sends nothing
            address = probe.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


@pytest.fixture
def limited(make_daemon):
    """Starts a vcpd with limits on an address that they hold for: loopback is exempt."""
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but loopback")

    def start(*arguments):
        daemon = make_daemon(args=["--behind-proxy", *arguments])
        daemon.host = address
        return daemon.start()

    return start


def exhaust(client, path="tasks"):
    """Repeats a request, faster than the rate, until it is refused; returns all the answers."""
    answers = []
    while not answers or answers[-1].status != 429:
        assert len(answers) < 1000, "never refused"
        answers.append(client.get(path))
    return answers


def test_a_token_beyond_its_rate_is_refused(limited):
    daemon = limited("--rate-per-token", RATE)
    answers = exhaust(daemon.admin)
    assert len(answers) > RATE, "a burst of a second's requests is let through"
    assert problem(answers[-1], 429)["error"] == "rate_limited"


def test_a_refusal_says_when_to_come_again(limited):
    refused = exhaust(limited("--rate-per-token", RATE).admin)[-1]
    assert int(refused.header("Retry-After")) == 1


def test_every_answer_tells_the_policy_and_what_is_left(limited):
    for answer in exhaust(limited("--rate-per-token", RATE).admin):
        assert POLICY.match(answer.header("RateLimit-Policy")).groups() == ("token", str(RATE))
        name, left = LEFT.match(answer.header("RateLimit")).groups()
        assert name == "token" and 0 <= int(left) < RATE


def test_one_token_does_not_use_up_another_ones_rate(limited):
    daemon = limited("--rate-per-token", RATE)
    other = daemon.submitter()
    exhaust(daemon.admin)
    status(other.get("tasks"), 200)


def test_an_address_beyond_its_rate_is_refused_with_and_without_a_token(limited):
    daemon = limited("--rate-per-address", RATE)
    answers = exhaust(daemon.anonymous, "health")
    assert POLICY.match(answers[0].header("RateLimit-Policy")).groups() == ("address", str(RATE))
    exhaust(daemon.admin)


def test_loopback_is_exempt(make_daemon):
    daemon = make_daemon(args=["--rate-per-token", 1, "--rate-per-address", 1]).start()
    for _ in range(5):
        answer = status(daemon.admin.get("tasks"), 200)
    assert answer.header("RateLimit") is None
