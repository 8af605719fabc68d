// SPDX-License-Identifier: Apache-2.0

//! Proofs, keys and arithmetic of arkworks.
//!
//!   peer fixtures FILE   writes a key and a proof, compressed and in full, as base64 in JSON
//!   peer cases COUNT     prints cases, one JSON object a line (see ../README.md)

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::{pairing::Pairing, AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{AdditiveGroup, BigInteger, Field, PrimeField, UniformRand, Zero};
use ark_groth16::{Groth16, Proof, ProvingKey};
use ark_relations::lc;
use ark_relations::r1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError, Variable};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_snark::SNARK;
use ark_std::rand::{rngs::StdRng, Rng, RngCore, SeedableRng};
use base64::{engine::general_purpose::STANDARD, Engine};
use serde_json::{json, Value};

/// Knowledge of x with x³ + x + 5 = y.
#[derive(Clone)]
struct Cubic {
    x: Option<Fr>,
}

impl ConstraintSynthesizer<Fr> for Cubic {
    fn generate_constraints(self, cs: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let missing = SynthesisError::AssignmentMissing;
        let x = self.x;
        let y = cs.new_input_variable(|| x.map(cubic).ok_or(missing))?;
        let root = cs.new_witness_variable(|| x.ok_or(SynthesisError::AssignmentMissing))?;
        let square = cs.new_witness_variable(|| {
            x.map(|x| x.square())
                .ok_or(SynthesisError::AssignmentMissing)
        })?;
        let five = (Fr::from(5u64), Variable::One);
        cs.enforce_constraint(lc!() + root, lc!() + root, lc!() + square)?;
        cs.enforce_constraint(lc!() + square, lc!() + root, lc!() + y - root - five)
    }
}

fn cubic(x: Fr) -> Fr {
    x * x * x + x + Fr::from(5u64)
}

fn compressed(value: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_compressed(&mut bytes).unwrap();
    bytes
}

fn in_full(value: &impl CanonicalSerialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_uncompressed(&mut bytes).unwrap();
    bytes
}

fn set_up(rng: &mut StdRng) -> ProvingKey<Bn254> {
    let (key, _) = Groth16::<Bn254>::circuit_specific_setup(Cubic { x: None }, rng).unwrap();
    key
}

fn prove(key: &ProvingKey<Bn254>, rng: &mut StdRng) -> (Proof<Bn254>, Fr) {
    let x = Fr::rand(rng);
    let proof = Groth16::<Bn254>::prove(key, Cubic { x: Some(x) }, rng).unwrap();
    (proof, cubic(x))
}

fn write_fixtures(path: &str, rng: &mut StdRng) {
    let key = set_up(rng);
    let (proof, y) = prove(&key, rng);
    assert!(Groth16::<Bn254>::verify(&key.vk, &[y], &proof).unwrap());
    let content = json!({"cubic": {
        "key": STANDARD.encode(compressed(&key.vk)),
        "key_raw": STANDARD.encode(in_full(&key.vk)),
        "proof": STANDARD.encode(compressed(&proof)),
        "proof_raw": STANDARD.encode(in_full(&proof)),
        "public_signals": [y.to_string()],
    }});
    std::fs::write(path, serde_json::to_string_pretty(&content).unwrap() + "\n").unwrap();
}

fn word(value: impl PrimeField) -> String {
    hex::encode(value.into_bigint().to_bytes_be())
}

/// EIP-197 words: c1 before c0, infinity all zero.
fn g1_words(point: G1Affine) -> String {
    let (x, y) = point.xy().unwrap_or((Fq::ZERO, Fq::ZERO));
    word(x) + &word(y)
}

fn g2_words(point: G2Affine) -> String {
    let (x, y) = point.xy().unwrap_or((Fq2::ZERO, Fq2::ZERO));
    word(x.c1) + &word(x.c0) + &word(y.c1) + &word(y.c0)
}

/// Random, or an edge.
fn scalar(rng: &mut StdRng) -> Fr {
    match rng.gen_range(0..10) {
        0 => Fr::ZERO,
        1 => Fr::ONE,
        2 => -Fr::ONE,
        _ => Fr::rand(rng),
    }
}

fn g1(rng: &mut StdRng) -> G1Affine {
    (G1Projective::generator() * scalar(rng)).into_affine()
}

fn g2(rng: &mut StdRng) -> G2Affine {
    (G2Projective::generator() * scalar(rng)).into_affine()
}

fn print(case: Value) {
    println!("{case}");
}

fn print_verification(key: &ProvingKey<Bn254>, rng: &mut StdRng) {
    let (proof, y) = prove(key, rng);
    let signal = if rng.gen() { y } else { scalar(rng) };
    let in_full_form: bool = rng.gen();
    let encode =
        |small: Vec<u8>, large: Vec<u8>| STANDARD.encode(if in_full_form { large } else { small });
    print(json!({
        "op": "verify",
        "circuit": {"format": "arkworks", "key": encode(compressed(&key.vk), in_full(&key.vk))},
        "proof": encode(compressed(&proof), in_full(&proof)),
        "public_signals": [signal.into_bigint().to_string()],
        "expect": Groth16::<Bn254>::verify(&key.vk, &[signal], &proof).unwrap(),
    }));
}

fn print_fields(rng: &mut StdRng) {
    let (a, b) = (scalar(rng), scalar(rng));
    print(json!({"op": "fr_mul", "a": word(a), "b": word(b), "expect": word(a * b)}));
    let inverse = a.inverse().unwrap_or(Fr::ZERO);
    print(json!({"op": "fr_inverse", "a": word(a), "expect": word(inverse)}));
    let (x, y) = (
        Fq::rand(rng),
        if rng.gen_ratio(1, 5) {
            -Fq::ONE
        } else {
            Fq::rand(rng)
        },
    );
    print(json!({"op": "fp_mul", "a": word(x), "b": word(y), "expect": word(x * y)}));
    print(json!({"op": "fp_inverse", "a": word(x), "expect": word(x.inverse().unwrap())}));
}

fn print_groups(rng: &mut StdRng) {
    let (a, k) = (g1(rng), scalar(rng));
    let b = if rng.gen_ratio(1, 6) { a } else { g1(rng) };
    print(json!({"op": "g1_add", "a": g1_words(a), "b": g1_words(b),
                 "expect": g1_words((a + b).into_affine())}));
    print(json!({"op": "g1_mul", "k": word(k), "a": g1_words(a),
                 "expect": g1_words((a * k).into_affine())}));
    let c = g2(rng);
    let d = if rng.gen_ratio(1, 6) { -c } else { g2(rng) };
    print(json!({"op": "g2_add", "a": g2_words(c), "b": g2_words(d),
                 "expect": g2_words((c + d).into_affine())}));
    print(json!({"op": "g2_mul", "k": word(k), "a": g2_words(c),
                 "expect": g2_words((c * k).into_affine())}));
}

/// A point of the twist, mostly outside the subgroup, found by trying x.
fn print_subgroup(rng: &mut StdRng) {
    let point = loop {
        let x = Fq2::rand(rng);
        if let Some(point) = G2Affine::get_point_from_x_unchecked(x, rng.gen()) {
            break point;
        }
    };
    let expect = point.is_in_correct_subgroup_assuming_on_curve();
    print(json!({"op": "g2_in_subgroup", "a": g2_words(point), "expect": expect}));
}

/// e(a, b)·e(−a·k, b·(1/k)), or the same with another last point.
fn print_pairing(rng: &mut StdRng) {
    let (a, b, k) = (g1(rng), g2(rng), Fr::rand(rng));
    let c = (-(a * k)).into_affine();
    let d = if rng.gen() {
        g2(rng)
    } else {
        (b * k.inverse().unwrap()).into_affine()
    };
    let expect = Bn254::multi_pairing([a, c], [b, d]).is_zero();
    let terms = [[g1_words(a), g2_words(b)], [g1_words(c), g2_words(d)]];
    print(json!({"op": "pairing", "terms": terms, "expect": expect}));
}

/// Bytes that arkworks reads as a point, or refuses.
fn print_points(rng: &mut StdRng) {
    let (a, b) = (g1(rng), g2(rng));
    for (format, one, two) in [
        ("arkworks_compressed", compressed(&a), compressed(&b)),
        ("arkworks_raw", in_full(&a), in_full(&b)),
    ] {
        print(
            json!({"op": "decode_g1", "format": format, "bytes": hex::encode(one),
                     "expect": g1_words(a)}),
        );
        print(
            json!({"op": "decode_g2", "format": format, "bytes": hex::encode(two),
                     "expect": g2_words(b)}),
        );
    }
    let mut other = [0u8; 32];
    rng.fill_bytes(&mut other);
    other[31] &= 0xbf; // infinity with a coordinate is read by arkworks, and refused by us
    let expect = G1Affine::deserialize_compressed(&other[..])
        .ok()
        .map(g1_words);
    print(json!({"op": "decode_g1", "format": "arkworks_compressed",
                 "bytes": hex::encode(other), "expect": expect}));
}

fn print_cases(count: usize, rng: &mut StdRng) {
    let key = set_up(rng);
    for _ in 0..count.div_ceil(16) {
        print_verification(&key, rng);
        print_fields(rng);
        print_groups(rng);
        print_subgroup(rng);
        print_pairing(rng);
        print_points(rng);
    }
}

fn main() {
    let mut rng = StdRng::from_entropy();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["fixtures", path] => write_fixtures(path, &mut rng),
        ["cases", count] => print_cases(count.parse().unwrap(), &mut rng),
        _ => panic!("fixtures FILE or cases COUNT"),
    }
}
