# SPDX-License-Identifier: Apache-2.0
"""The kill test: load, SIGKILL at random moments, and a ledger of what was acknowledged."""
