# SPDX-License-Identifier: Apache-2.0
"""TLS: a certificate and a key in the configuration, and the programs that are told to trust it."""

import signal
import ssl
import subprocess

import pytest

from harness import modules, tasks
from harness.expect import b64, ok, output_of, status
from harness.programs import LISTENING, Process
from harness.wait import eventually


class Identity:
    """A key and a certificate for 127.0.0.1 that its own key signed."""

    def __init__(self, directory):
        directory.mkdir()
        self.certificate = directory / "certificate.pem"
        self.key = directory / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", "/CN=a coordinator", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", self.key, "-out", self.certificate],
                       check=True, capture_output=True)

    def replace_with(self, other):
        self.certificate.write_bytes(other.certificate.read_bytes())
        self.key.write_bytes(other.key.read_bytes())


@pytest.fixture
def make_identity(tmp_path):
    return lambda name: Identity(tmp_path / name)


@pytest.fixture
def identity(make_identity):
    return make_identity("identity")


@pytest.fixture
def configuration(tmp_path, identity):
    path = tmp_path / "vcpd.toml"
    path.write_text(f"tls_certificate = '{identity.certificate}'\n"
                    f"tls_key = '{identity.key}'\n")
    return path


@pytest.fixture
def secure(start_daemon, identity, configuration):
    """A vcpd that serves over TLS."""
    return start_daemon(args=["--config", configuration], ca_file=identity.certificate)


def shown_by(daemon):
    """The certificate that a client is shown, as PEM."""
    return ssl.get_server_certificate((daemon.host, daemon.port))


# --- vcpd ---------------------------------------------------------------------------------------

def test_the_listening_line_says_https(secure):
    assert LISTENING.search(secure.stdout()).group(0).strip().startswith(b"listening on https://")


def test_requests_are_answered(secure):
    status(secure.anonymous.get("health"), 200)
    status(secure.admin.get("tasks"), 200)


def test_a_client_that_does_not_know_the_certificate_turns_away(secure):
    client = secure.anonymous
    client.tls = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError):
        client.get("health")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_older_protocols_are_refused(secure):
    client = secure.anonymous
    client.tls.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    client.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    client.tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError, match="(?i)protocol.version"):
        client.get("health")


def test_a_request_in_the_clear_has_no_answer(secure):
    with secure.raw() as connection:
        connection.send(b"GET /api/v1/health HTTP/1.1\r\nHost: here\r\n\r\n")
        assert b"HTTP/1.1 200" not in connection.read()
    status(secure.anonymous.get("health"), 200)


def test_a_tls_listener_may_stand_on_any_address(make_daemon, identity, configuration):
    daemon = make_daemon(args=["--config", configuration], ca_file=identity.certificate)
    daemon.host = "0.0.0.0"
    daemon.start()
    daemon.host = "127.0.0.1"
    status(daemon.anonymous.get("health"), 200)


def test_sighup_shows_a_new_certificate(secure, identity, make_identity):
    before = shown_by(secure)
    identity.replace_with(make_identity("renewed"))
    assert shown_by(secure) == before
    secure.signal(signal.SIGHUP)
    eventually(lambda: shown_by(secure) == identity.certificate.read_text(), "the new certificate")


def test_sighup_keeps_the_old_certificate_if_the_new_one_is_none(secure, identity):
    before = shown_by(secure)
    identity.certificate.write_text("no certificate\n")
    secure.signal(signal.SIGHUP)
    eventually(lambda: "the old certificate stays" in secure.log(), "the complaint")
    assert shown_by(secure) == before


def test_a_key_of_another_certificate_is_refused_at_the_start(programs, tmp_path, identity,
                                                              make_identity, configuration):
    identity.key.write_bytes(make_identity("other").key.read_bytes())
    run = programs.run("vcpd", "--config", configuration, "--data-dir", tmp_path / "d",
                       "--listen", "127.0.0.1:0")
    assert run.returncode == 1
    assert str(identity.key).encode() in run.stderr


def test_a_certificate_without_its_key_is_refused(programs, tmp_path, identity):
    run = programs.run("vcpd", "--data-dir", tmp_path / "d", "--check-config",
                       env={"VCP_TLS_CERTIFICATE": str(identity.certificate)})
    assert run.returncode in (1, 2)
    assert b"tls_key" in run.stderr


# --- vcp and vcp-node ---------------------------------------------------------------------------

def vcp(programs, daemon, *arguments):
    return programs.run("vcp", "--server", daemon.url, "--token-file", daemon.token_file(),
                        *arguments)


def test_vcp_trusts_its_ca_file(programs, secure, identity):
    run = vcp(programs, secure, "--ca-file", identity.certificate, "tasks", "--json")
    assert run.returncode == 0, run


def test_vcp_refuses_a_certificate_that_it_does_not_know(programs, secure):
    run = vcp(programs, secure, "tasks")
    assert run.returncode not in (0, 2)
    assert b"certificate" in run.stderr


def test_vcp_refuses_a_certificate_for_another_name(programs, secure, identity):
    secure.host = "localhost"
    run = vcp(programs, secure, "--ca-file", identity.certificate, "tasks")
    assert run.returncode not in (0, 2)
    assert b"certificate" in run.stderr


def test_a_node_with_the_ca_file_runs_tasks(secure, identity, start_node):
    start_node(secure, args=["--ca-file", identity.certificate])
    client = secure.submitter()
    task = tasks.completed(client, modules.echo(), input=b64(b"over TLS"))
    assert output_of(task) == b"over TLS"


def test_a_node_without_it_says_why_it_cannot_register(secure, programs, tmp_path):
    node = Process(programs, "vcp-node", tmp_path / "untrusting")
    try:
        node.launch(["--coordinator", secure.url, "--token-file", secure.token_file(),
                     "--data-dir", tmp_path / "n"])
        eventually(lambda: "certificate" in node.log(), "the complaint")
        assert ok(secure.admin.get("nodes"))["items"] == []
    finally:
        programs.end(node)
