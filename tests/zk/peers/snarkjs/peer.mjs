// SPDX-License-Identifier: Apache-2.0
// Proofs and keys made by circom, circomlib and snarkjs.
//   node peer.mjs fixtures DIRECTORY   writes a key, a proof and its public signals a circuit
//   node peer.mjs cases COUNT          prints cases, one JSON object a line (see README.md)
//   node peer.mjs proofs COUNT VCP     compares the witnesses and proofs that the program VCP makes
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as snarkjs from "snarkjs";

const here = dirname(fileURLToPath(import.meta.url));
const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

const circuits = {
  product: () => ({ a: below(1n << 100n) + 2n, b: below(1n << 100n) + 2n }),
  sealed_sum: () => ({
    limit: 1000000n,
    tag: below(r),
    numbers: [1, 2, 3, 4].map(() => below(1000000n)),
  }),
};

function below(bound) {
  return BigInt("0x" + randomBytes(40).toString("hex")) % bound;
}

function compile(name, work) {
  const circom2 = createRequire(import.meta.url).resolve("circom2/cli.js");
  const source = join(here, "circuits", `${name}.circom`);
  const modules = join(here, "node_modules");
  const options = [circom2, source, "--r1cs", "--wasm", "-o", work, "-l", modules];
  execFileSync(process.execPath, options, { stdio: ["ignore", "ignore", "inherit"] });
}

async function powersOfTau(work) {
  const [first, second, final] = ["0", "1", "f"].map((step) => join(work, `pot_${step}.ptau`));
  const curve = await snarkjs.curves.getCurveFromName("bn128");
  await snarkjs.powersOfTau.newAccumulator(curve, 10, first);
  await snarkjs.powersOfTau.contribute(first, second, "one", randomBytes(32).toString("hex"));
  await snarkjs.powersOfTau.preparePhase2(second, final);
  return final;
}

/// A circuit with its proving key after one contribution, or with none: that is unsafe.
async function setUp(name, work, tau, contribute = true) {
  compile(name, work);
  const uncontributed = join(work, `${name}_0.zkey`);
  const zkey = contribute ? join(work, `${name}_1.zkey`) : uncontributed;
  await snarkjs.zKey.newZKey(join(work, `${name}.r1cs`), tau, uncontributed);
  if (contribute) {
    await snarkjs.zKey.contribute(uncontributed, zkey, "one", randomBytes(32).toString("hex"));
  }
  const wasm = join(work, `${name}_js`, `${name}.wasm`);
  return { zkey, wasm, key: await snarkjs.zKey.exportVerificationKey(zkey) };
}

async function withCircuits(use) {
  const work = mkdtempSync(join(tmpdir(), "zk-peer-"));
  try {
    const tau = await powersOfTau(work);
    for (const name of Object.keys(circuits)) await use(name, work, tau);
  } finally {
    rmSync(work, { recursive: true });
  }
}

async function writeFixtures(directory) {
  const write = (path, value) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), JSON.stringify(value, null, 1) + "\n");
  };
  await withCircuits(async (name, work, tau) => {
    const { zkey, wasm, key } = await setUp(name, work, tau);
    const made = await snarkjs.groth16.fullProve(circuits[name](), wasm, zkey);
    write(`${name}/verification_key.json`, key);
    write(`${name}/proof.json`, made.proof);
    write(`${name}/public.json`, made.publicSignals);
    if (name === "product") {
      const wtns = join(directory, name, "product.wtns");
      await snarkjs.wtns.calculate(circuits[name](), wasm, wtns);
      copyFileSync(join(work, "product.r1cs"), join(directory, name, "product.r1cs"));
      copyFileSync(zkey, join(directory, name, "product.zkey"));
      writeFileSync(join(directory, name, "product.wasm.gz"), gzipSync(readFileSync(wasm)));
      const unsafe = await setUp(name, work, tau, false);
      write(`${name}/uncontributed_key.json`, unsafe.key);
    }
  });
}

/// What is still canonical but, most likely, no longer true.
function variants({ proof, publicSignals }) {
  const other = [...publicSignals];
  const at = Number(below(BigInt(other.length)));
  other[at] = ((BigInt(other[at]) + 1n + below(r - 1n)) % r).toString();
  const edge = [...publicSignals];
  edge[at] = [0n, 1n, r - 1n][Number(below(3n))].toString();
  return [
    [proof, publicSignals],
    [proof, other],
    [proof, edge],
    [{ ...proof, pi_a: proof.pi_c, pi_c: proof.pi_a }, publicSignals],
  ];
}

async function printCases(count) {
  const each = Math.ceil(count / (4 * Object.keys(circuits).length));
  await withCircuits(async (name, work, tau) => {
    const { zkey, wasm, key } = await setUp(name, work, tau);
    for (let i = 0; i < each; i++) {
      const made = await snarkjs.groth16.fullProve(circuits[name](), wasm, zkey);
      for (const [proof, public_signals] of variants(made)) {
        const expect = await snarkjs.groth16.verify(key, public_signals, proof);
        console.log(JSON.stringify({ op: "verify", circuit: key, proof, public_signals, expect }));
      }
    }
  });
}

/// Random inputs, some of which the circuit refuses.
function inputsOf(name) {
  const inputs = circuits[name]();
  const key = Object.keys(inputs)[Number(below(BigInt(Object.keys(inputs).length)))];
  const edge = [0n, 1n, -1n, r - 1n, r + 2n, below(r)][Number(below(6n))];
  if (below(2n) === 0n && !Array.isArray(inputs[key])) inputs[key] = edge;
  return inputs;
}

const text = (value) => (Array.isArray(value) ? value.map(text) : value.toString());

async function compareProof(vcp, work, name, { zkey, wasm, key }) {
  const run = (...options) => execFileSync(vcp, ["proofs", ...options], { stdio: "pipe" });
  const file = (suffix) => join(work, `${name}${suffix}`);
  const inputs = inputsOf(name);
  writeFileSync(file(".json"), JSON.stringify(inputs, (_, v) => (typeof v === "bigint" ? text(v) : v)));
  const log = console.log;
  console.error = () => {};
  const theirs = await snarkjs.wtns.calculate(inputs, wasm, file("_theirs.wtns")).then(() => true, () => false);
  let ours = true;
  try {
    run("witness", wasm, file(".json"), file(".wtns"));
  } catch {
    ours = false;
  }
  console.log = log;
  if (ours !== theirs) return "one of the two refuses the inputs";
  if (!ours) return "";
  if (!readFileSync(file(".wtns")).equals(readFileSync(file("_theirs.wtns")))) return "witnesses differ";
  run("prove", zkey, file(".wtns"), "--proof", file("_proof.json"), "--public", file("_public.json"));
  const [proof, signals] = ["_proof.json", "_public.json"].map((f) => JSON.parse(readFileSync(file(f))));
  return (await snarkjs.groth16.verify(key, signals, proof)) ? "" : "snarkjs refuses the proof";
}

async function compareProofs(count, vcp) {
  const each = Math.ceil(count / Object.keys(circuits).length);
  let wrong = 0;
  await withCircuits(async (name, work, tau) => {
    const made = await setUp(name, work, tau);
    for (let i = 0; i < each; i++) {
      const difference = await compareProof(vcp, work, name, made);
      if (difference !== "") wrong += 1;
      if (difference !== "") console.log(`${name}: ${difference}: ${readFileSync(join(work, `${name}.json`))}`);
    }
    console.log(`${name}: ${each} compared`);
  });
  process.exit(wrong === 0 ? 0 : 1);
}

const [mode, argument, program] = process.argv.slice(2);
if (mode === "fixtures") await writeFixtures(argument);
else if (mode === "cases") await printCases(Number(argument));
else if (mode === "proofs") await compareProofs(Number(argument), program);
else throw new Error("fixtures DIRECTORY, cases COUNT or proofs COUNT VCP");
process.exit(0);
