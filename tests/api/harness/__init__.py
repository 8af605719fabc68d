# SPDX-License-Identifier: Apache-2.0
"""What the black-box tests are written with: processes, a client, a node, modules, expectations.

Nothing here knows how the server is built. Everything follows from the contract: what a user of
the REST API and of the three programs may rely on.
"""
