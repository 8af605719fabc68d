# SPDX-License-Identifier: Apache-2.0
"""The three programs as processes: started on free ports and fresh directories, and ended."""

import os
import re
import signal
import ssl
import subprocess
from pathlib import Path

from .expect import ok
from .rest import Client, Raw
from .wait import eventually

LISTENING = re.compile(rb"^listening on https?://(\S+):(\d+)\s*$", re.MULTILINE)

# Settings that tests shorten, as environment variables of vcpd.
LEASE_TTL = "VCP_LEASE_TTL_MS"
HEARTBEAT_INTERVAL = "VCP_HEARTBEAT_INTERVAL_MS"


class Programs:
    """Where the programs are, and everything that was started from there."""

    def __init__(self, bin_dir):
        self.bin_dir = Path(bin_dir).resolve()
        self.started = []

    def path(self, name):
        return str(self.bin_dir / name)

    def run(self, name, *args, env=None, stdin=None, timeout=60, cwd=None):
        """Runs a program to its end; the completed process has `stdout` and `stderr` as bytes."""
        return subprocess.run([self.path(name), *map(str, args)], env=environment(env),
                              input=stdin if stdin is not None else b"", capture_output=True,
                              timeout=timeout, cwd=cwd, check=False)

    def logs(self, tail=4000):
        """The ends of the logs of what runs, for the report of a failed test."""
        return [(str(process), process.log()[-tail:]) for process in self.started
                if not process.ended_quietly()]

    def end(self, process):
        process.kill()
        if process in self.started:
            self.started.remove(process)


class Process:
    """A program that runs in the background, its output kept in two files."""

    def __init__(self, programs, name, work_dir, env=None):
        self.programs = programs
        self.name = name
        self.work_dir = Path(work_dir)
        self.work_dir.mkdir(parents=True, exist_ok=True)
        self.env = dict(env or {})
        self.process = None
        self.runs = 0
        programs.started.append(self)

    def __str__(self):
        return f"{self.name} in {self.work_dir}"

    def launch(self, arguments):
        self.runs += 1
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self.process = subprocess.Popen([self.programs.path(self.name), *map(str, arguments)],
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=environment(self.env))

    def stdout(self):
        return self._file("out").read_bytes() if self.runs else b""

    def stderr(self):
        return self._file("err").read_bytes() if self.runs else b""

    def log(self):
        return (self.stdout() + self.stderr()).decode(errors="replace")

    def all_logs(self):
        """What every run of this process wrote."""
        return b"".join(path.read_bytes() for path in sorted(self.work_dir.glob("run-*")))

    def running(self):
        return self.process is not None and self.process.poll() is None

    def ended_quietly(self):
        return self.process is None or (self.process.poll() == 0 and not self.stderr())

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=20):
        """The exit code; raises subprocess.TimeoutExpired."""
        return self.process.wait(timeout)

    def terminate(self, timeout=20):
        """SIGTERM, and the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """SIGKILL, as a power cut would; returns when the process is gone."""
        if self.running():
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def _file(self, stream):
        return self.work_dir / f"run-{self.runs:03d}.{stream}"


class Daemon(Process):
    """A vcpd on a loopback port of its own; over TLS if there is a `ca_file` to trust it by."""

    def __init__(self, programs, work_dir, *, data_dir=None, args=(), env=None, ca_file=None):
        super().__init__(programs, "vcpd", work_dir, env)
        self.data_dir = Path(data_dir) if data_dir else self.work_dir / "data"
        self.args = list(args)
        self.host = "127.0.0.1"
        self.port = 0
        self.ca_file = ca_file
        self._tokens = {}

    def launch_only(self):
        """Starts the process and does not wait for it to serve."""
        self.launch(["--data-dir", self.data_dir, "--listen", f"{self.host}:{self.port}",
                     *self.args])

    def start(self, timeout=30):
        """Starts, waits for the listening line, and keeps the port for later starts."""
        self.launch_only()
        found = eventually(self._listening, "vcpd listening", timeout)
        self.port = int(found.group(2))
        return self

    def restart(self):
        self.terminate()
        return self.start()

    def crash(self):
        """SIGKILL and a start on what is left."""
        self.kill()
        return self.start()

    @property
    def url(self):
        return f"{'https' if self.ca_file else 'http'}://{self.host}:{self.port}"

    @property
    def admin_token(self):
        return (self.data_dir / "admin.token").read_text().strip()

    @property
    def admin(self):
        """A client with the administrator's token."""
        return self.client(self.admin_token)

    @property
    def anonymous(self):
        return self.client(None)

    def client(self, token):
        tls = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        return Client(self.host, self.port, token, tls)

    def raw(self, timeout=20.0):
        return Raw(self.host, self.port, timeout)

    def token(self, role, owner="default"):
        """A token of the role and owner; made once."""
        key = (role, owner)
        if key not in self._tokens:
            body = {"role": role, "owner": owner}
            self._tokens[key] = ok(self.admin.post("tokens", json=body), 201)["token"]
        return self._tokens[key]

    def role(self, role, owner="default"):
        """A client with a token of that role and owner."""
        return self.client(self.token(role, owner))

    def submitter(self, owner="default"):
        return self.role("submitter", owner)

    def token_file(self, token=None):
        """A file that holds the token (the administrator's, if none is given)."""
        if token is None:
            return self.data_dir / "admin.token"
        path = self.work_dir / f"{token[-12:]}.token"
        path.write_text(token + "\n")
        return path

    def _listening(self):
        if self.process.poll() is not None:
            raise AssertionError(f"vcpd exited {self.process.returncode}:\n{self.log()}")
        return LISTENING.search(self.stdout())


class NodeAgent(Process):
    """A vcp-node that serves one daemon."""

    def __init__(self, programs, work_dir, daemon, *, node_id="agent-1", slots=4, threads=2,
                 args=(), token=None):
        super().__init__(programs, "vcp-node", work_dir)
        self.daemon = daemon
        self.node_id = node_id
        self.token_file = daemon.token_file(token or daemon.token("join"))
        self.data_dir = self.work_dir / "node"
        self.args = ["--slots", slots, "--threads", threads, *args]

    def start(self, timeout=20):
        """Starts and waits until the coordinator says that the node is online."""
        self.launch(["--coordinator", self.daemon.url, "--token-file", self.token_file,
                     "--node-id", self.node_id, "--data-dir", self.data_dir, *self.args])
        eventually(self.online, f"{self.node_id} online", timeout)
        return self

    def online(self):
        if not self.running():
            raise AssertionError(f"vcp-node exited {self.process.returncode}:\n{self.log()}")
        answer = self.daemon.admin.get(f"nodes/{self.node_id}")
        return answer.status == 200 and answer.json()["status"] == "online"


def environment(extra):
    """The environment without settings of the person who runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VCP_")}
    return {**kept, **(extra or {})}
