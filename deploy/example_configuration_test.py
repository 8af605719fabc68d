# SPDX-License-Identifier: Apache-2.0
"""Checks that the example configurations are right: each is accepted, as it is and with every
setting taken in, and shows every setting of its program with its default.

    example_configuration_test.py VCPD VCP_NODE
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETTING = re.compile(r"^(# )?(?P<key>\w+) = (?P<value>.+)$", re.MULTILINE)
OPTION = re.compile(r"^ +(?:-\w,)?--(?P<name>[\w-]+) ?(?P<type>\S.*?)?(?:  |$)", re.MULTILINE)
NO_SETTINGS = {"help", "version", "config", "check_config", "new_log_key"}
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("VCP_")}


def run(*command):
    return subprocess.run(command, env=ENVIRONMENT, check=False, capture_output=True, text=True,
                          timeout=20)


def options(program):
    """The settings of a program, each with the default that its help shows, or None."""
    found = {}
    for match in OPTION.finditer(run(program, "--help").stdout):
        default = re.search(r"=(\S+)", match["type"] or "")
        found[match["name"].replace("-", "_")] = default and default[1]
    return {name: default for name, default in found.items() if name not in NO_SETTINGS}


def settings(file):
    return {match["key"]: match["value"] for match in SETTING.finditer(file.read_text())}


class ExampleConfiguration(unittest.TestCase):
    vcpd = vcp_node = None

    def everything(self, file):
        """The file with every setting taken in."""
        whole = tempfile.NamedTemporaryFile("w", suffix=".toml")
        self.addCleanup(whole.close)
        whole.write(SETTING.sub(r"\g<key> = \g<value>", file.read_text()))
        whole.flush()
        return whole.name

    def check_settings(self, program, file):
        shown, wanted = settings(file), options(program)
        self.assertEqual(sorted(shown), sorted(wanted))
        for name, default in wanted.items():
            if default is not None and name not in ("data_dir", "coordinator"):
                self.assertEqual(shown[name].strip('"'), default, name)

    def test_vcpd_accepts_its_example(self):
        for file in (HERE / "vcpd.toml", self.everything(HERE / "vcpd.toml")):
            done = run(self.vcpd, "--config", file, "--check-config")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_vcpd_example_shows_every_setting(self):
        self.check_settings(self.vcpd, HERE / "vcpd.toml")

    def test_vcp_node_accepts_its_example(self):
        for file in (HERE / "vcp-node.toml", self.everything(HERE / "vcp-node.toml")):
            done = run(self.vcp_node, "--config", file, "--token-file", "/nonexistent")
            self.assertEqual(done.returncode, 1, done.stderr)  # 2 is for bad settings
            self.assertIn("/nonexistent", done.stderr)

    def test_vcp_node_example_shows_every_setting(self):
        self.check_settings(self.vcp_node, HERE / "vcp-node.toml")


if __name__ == "__main__":
    ExampleConfiguration.vcpd, ExampleConfiguration.vcp_node = sys.argv[1:3]
    unittest.main(argv=sys.argv[:1])
