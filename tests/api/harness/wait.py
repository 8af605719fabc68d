# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition, with a deadline and without a guess about how long it takes."""

import time


class Deadline(AssertionError):
    """A condition did not come true in time."""


def eventually(condition, what, timeout=15.0, interval=0.02):
    """Calls `condition` until it returns something true, and returns that.

    Raises Deadline, which names `what` was awaited and the last value, after `timeout` seconds.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Deadline(f"not within {timeout} s: {what} (last: {value!r})")
        time.sleep(interval)
