# SPDX-License-Identifier: Apache-2.0
"""`vcp proofs` and `vcp receipts verify`: from files alone, without a server."""

import gzip
import json
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parent.parent / "zk" / "data" / "snarkjs" / "product"
KEY, PROOF, PUBLIC = (PRODUCT / f"{name}.json" for name in ("verification_key", "proof", "public"))
ZKEY, WTNS = PRODUCT / "product.zkey", PRODUCT / "product.wtns"
R = 21888242871839275222246405745257275088548364400416034343698204186575808495617


@pytest.fixture
def verify(programs):
    return lambda *arguments: programs.run("vcp", "proofs", "verify", *arguments)


def test_a_proof_of_snarkjs_is_valid(verify):
    run = verify(KEY, PROOF, PUBLIC)
    assert (run.returncode, run.stdout) == (0, b"valid\n")


def test_a_proof_of_something_else_is_invalid_with_the_reason(verify, tmp_path):
    other = tmp_path / "public.json"
    other.write_text(json.dumps([str(int(json.loads(PUBLIC.read_text())[0]) + 1)]))
    run = verify(KEY, PROOF, other)
    assert run.returncode == 1
    assert run.stdout.startswith(b"invalid: ")


def test_json_is_for_programs(verify):
    run = verify(KEY, PROOF, PUBLIC, "--json")
    assert json.loads(run.stdout) == {"valid": True}


@pytest.mark.parametrize("which", range(3))
def test_a_file_that_is_not_there_or_says_nothing_is_unreadable(verify, tmp_path, which):
    for broken in (tmp_path / "missing", tmp_path / "empty"):
        if broken.name == "empty":
            broken.write_bytes(b"")
        files = [KEY, PROOF, PUBLIC]
        files[which] = broken
        run = verify(*files)
        assert run.returncode == 2, run
        assert run.stderr


def test_a_key_that_anyone_can_forge_for_is_refused(verify):
    run = verify(PRODUCT / "uncontributed_key.json", PROOF, PUBLIC)
    assert run.returncode == 2
    assert run.stderr


@pytest.fixture
def prove(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return lambda *arguments: programs.run("vcp", "proofs", "prove", *arguments,
                                           "--proof", tmp_path / "proof.json",
                                           "--public", tmp_path / "public.json")


def test_a_witness_is_proved_for_everybody_to_verify(prove, verify, tmp_path):
    for _ in range(2):  # the second time, the key is known to be good
        run = prove(ZKEY, WTNS, "--threads", "2")
        assert run.returncode == 0, run.stderr
        run = verify(KEY, tmp_path / "proof.json", tmp_path / "public.json")
        assert (run.returncode, run.stdout) == (0, b"valid\n")


def test_a_false_witness_makes_no_proof(prove, tmp_path):
    witness = bytearray(WTNS.read_bytes())
    witness[-1] ^= 1
    (tmp_path / "false.wtns").write_bytes(witness)
    run = prove(ZKEY, tmp_path / "false.wtns")
    assert run.returncode == 1
    assert b"does not satisfy" in run.stderr
    assert not (tmp_path / "proof.json").exists()


def test_a_damaged_key_makes_no_proof(prove, tmp_path):
    (tmp_path / "cut.zkey").write_bytes(ZKEY.read_bytes()[:-1])
    run = prove(tmp_path / "cut.zkey", WTNS)
    assert run.returncode == 1
    assert run.stderr


@pytest.fixture
def witness(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    calculator = tmp_path / "product.wasm"
    calculator.write_bytes(gzip.decompress((PRODUCT / "product.wasm.gz").read_bytes()))

    def run(inputs):
        (tmp_path / "inputs.json").write_text(inputs if isinstance(inputs, str)
                                              else json.dumps(inputs))
        return programs.run("vcp", "proofs", "witness", calculator, tmp_path / "inputs.json",
                            tmp_path / "out.wtns")
    return run


def inputs_of_the_fixture():
    """The values of a and b, which follow the one and the output in the witness."""
    wires = WTNS.read_bytes()[-6 * 32:]
    return {name: str(int.from_bytes(wires[32 * i:32 * i + 32], "little"))
            for name, i in (("a", 2), ("b", 3))}


def test_a_witness_is_to_the_byte_that_of_snarkjs(witness, tmp_path):
    run = witness(inputs_of_the_fixture())
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "out.wtns").read_bytes() == WTNS.read_bytes()
    assert (tmp_path / "out.wtns").stat().st_mode & 0o777 == 0o600


def test_equal_inputs_give_equal_witnesses_however_they_are_written(witness, tmp_path):
    found = set()
    for inputs in ('{"a": 17, "b": -3}', '{"b": "-3", "a": ["0x11"]}',
                   json.dumps({"a": [[str(R + 17)]], "b": str(R - 3)})):
        run = witness(inputs)
        assert run.returncode == 0, run.stderr
        found.add((tmp_path / "out.wtns").read_bytes())
    assert len(found) == 1


def test_a_calculated_witness_is_proved(witness, prove, tmp_path):
    assert witness({"a": 6, "b": 7}).returncode == 0
    assert prove(ZKEY, tmp_path / "out.wtns").returncode == 0
    assert json.loads((tmp_path / "public.json").read_text()) == ["42"]


@pytest.mark.parametrize("inputs, said", [
    ({"a": 2}, b"missing: 1 of 2"),
    ({"a": 2, "b": 3, "c": 4}, b"/c: the circuit has no such input"),
    ({"a": [2, 3], "b": 3}, b"/a: has 2 values; the circuit takes 1"),
    ({"a": [], "b": 3}, b"/a: has 0 values; the circuit takes 1"),
    ({"a": "two", "b": 3}, b"/a: must be an integer"),
    ({"a": 1, "b": 3}, b"an assertion fails (Error in template Product"),
    ("[", b"JSON"),
])
def test_wrong_inputs_are_named(witness, tmp_path, inputs, said):
    run = witness(inputs)
    assert run.returncode == 1
    assert said in run.stderr
    assert not (tmp_path / "out.wtns").exists()


def test_a_module_that_is_no_calculator_is_refused(witness, tmp_path):
    (tmp_path / "product.wasm").write_bytes(b"\0asm\1\0\0\0")
    run = witness({"a": 2, "b": 3})
    assert run.returncode == 1
    assert b"getFieldNumLen32" in run.stderr


def test_a_batch_names_the_bad_ones(verify, tmp_path):
    good = {"proof": json.loads(PROOF.read_text()),
            "public_signals": json.loads(PUBLIC.read_text())}
    bad = {**good, "public_signals": ["1"]}
    batch = tmp_path / "batch.json"
    batch.write_text(json.dumps([good, bad, good]))
    run = verify(KEY, "--batch", batch, "--json")
    assert run.returncode == 1
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [line["valid"] for line in lines] == [True, False, True]
    assert lines[1]["reason"]


def test_wrong_arguments_are_told(verify):
    assert verify(KEY).returncode == 2
    assert verify(KEY, PROOF).returncode == 2
    assert verify(KEY, PROOF, PUBLIC, "--allow-withdrawn", "risc0 9").returncode == 2


# --- receipts of a log --------------------------------------------------------------------------

@pytest.fixture(scope="module")
def sample(programs, tmp_path_factory):
    """A log with a receipt in it, and the keys that signed its checkpoint."""
    directory = tmp_path_factory.mktemp("log") / "sample"
    assert programs.run("log_sample", directory).returncode == 0
    return directory


def test_a_receipt_is_verified_offline(programs, sample):
    run = programs.run("vcp", "receipts", "verify", sample / "receipt.json", "--key",
                       sample / "keys")
    assert run.returncode == 0, run
    assert run.stdout.startswith(b"leaf ")


def test_a_receipt_that_was_changed_fails_and_says_what(programs, sample, tmp_path):
    evidence = json.loads((sample / "receipt.json").read_text())
    evidence["receipt"]["forged"] = "yes"
    forged = tmp_path / "receipt.json"
    forged.write_text(json.dumps(evidence))
    run = programs.run("vcp", "receipts", "verify", forged, "--key", sample / "keys")
    assert run.returncode == 1
    assert b"proof" in run.stderr or b"root" in run.stderr, run.stderr


def test_a_receipt_under_another_key_fails(programs, sample):
    other = "example.org/log+6a5ba0a6+AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
    run = programs.run("vcp", "receipts", "verify", sample / "receipt.json", "--key", other)
    assert run.returncode == 1
    assert run.stderr
