# SPDX-License-Identifier: Apache-2.0
"""Genuine keys and proofs of other tools, from the files that the tests of `zk` verify."""

import json
from pathlib import Path

from .expect import ok

DATA = Path(__file__).parent.parent.parent / "zk" / "data"

# One more than the largest public signal.
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617


def snarkjs(circuit, name):
    """One of the files that snarkjs wrote for a circuit, as JSON."""
    return json.loads((DATA / "snarkjs" / circuit / f"{name}.json").read_text())


def samples(tool):
    """What another tool gave: of gnark and arkworks by circuit, of risc0 and sp1 a list."""
    name = "receipts" if tool in ("risc0", "sp1") else "proofs"
    return json.loads((DATA / tool / f"{name}.json").read_text())


def register(client, body):
    """Registers a circuit and returns its id."""
    return ok(client.post("circuits", json=body), 200, 201)["circuit_id"]


def product(client):
    """Registers the circuit `product` and returns its id."""
    return register(client, snarkjs("product", "verification_key"))


def product_proof():
    """A genuine proof of `product`, with its public signals."""
    return {"proof": snarkjs("product", "proof"), "public_signals": snarkjs("product", "public")}
