# SPDX-License-Identifier: Apache-2.0
"""Nothing that was acknowledged is lost, doubled or changed, whenever the server is killed."""

import random

from kill.run import run


def test_nothing_acknowledged_is_lost_doubled_or_changed(programs, request, tmp_path):
    seed = request.config.getoption("--seed")
    if seed is None:
        seed = random.SystemRandom().randrange(2**32)
    violations = run(programs, tmp_path, request.config.getoption("--kills"), seed)
    assert not violations, "\n".join(violations[:20])
