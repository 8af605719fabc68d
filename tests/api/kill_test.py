#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The kill test by hand: python3 tests/api/kill_test.py --kills 200 --bin-dir build/release/bin

Exits 0 if the server kept its word, 1 with the violations if not; the data directory stays then.
"""

import argparse
import random
import shutil
import sys
import tempfile

from harness.programs import Programs
from kill.run import run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--bin-dir", default="build/release/bin")
    options = parser.parse_args()

    programs = Programs(options.bin_dir)
    work_dir = tempfile.mkdtemp(prefix="vcp-kill-")
    violations = run(programs, work_dir, options.kills, options.seed)
    for process in list(programs.started):
        programs.end(process)
    if violations:
        print("\n".join(violations[:50]))
        print(f"everything is kept in {work_dir}")
        return 1
    shutil.rmtree(work_dir)
    return 0


if __name__ == "__main__":
    sys.exit(main())
