// SPDX-License-Identifier: Apache-2.0
// The schemas of circuits and proofs.
#include <array>

#include "openapi_schemas.hpp"

namespace vcp::api {
namespace {

constexpr std::string_view kCircuitRegistration = R"({
  "description": "A snarkjs verification key as it is, or a key or a program with its format.",
  "anyOf": [
    {"$ref": "#/components/schemas/SnarkjsKey"},
    {
      "type": "object",
      "required": ["format", "key"],
      "additionalProperties": false,
      "properties": {
        "format": {"type": "string", "const": "snarkjs"},
        "key": {"$ref": "#/components/schemas/SnarkjsKey"}
      }
    },
    {
      "type": "object",
      "required": ["format", "key"],
      "additionalProperties": false,
      "properties": {
        "format": {"type": "string", "enum": ["gnark", "arkworks"]},
        "key": {"$ref": "#/components/schemas/Base64"}
      }
    },
    {
      "type": "object",
      "required": ["format", "image_id"],
      "additionalProperties": false,
      "properties": {
        "format": {"type": "string", "const": "risc0"},
        "image_id": {"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"}
      }
    },
    {
      "type": "object",
      "required": ["format", "program_vkey"],
      "additionalProperties": false,
      "properties": {
        "format": {"type": "string", "const": "sp1"},
        "program_vkey": {"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"}
      }
    }
  ]
})";

constexpr std::string_view kSnarkjsKey = R"({
  "type": "object",
  "description": "verification_key.json as snarkjs writes it.",
  "required": ["protocol", "curve", "nPublic", "vk_alpha_1", "vk_beta_2", "vk_gamma_2",
               "vk_delta_2", "IC"],
  "additionalProperties": false,
  "properties": {
    "protocol": {"type": "string", "const": "groth16"},
    "curve": {"type": "string", "const": "bn128"},
    "nPublic": {"type": "integer", "minimum": 0, "maximum": 4096},
    "vk_alpha_1": {"type": "array"},
    "vk_beta_2": {"type": "array"},
    "vk_gamma_2": {"type": "array"},
    "vk_delta_2": {"type": "array"},
    "vk_alphabeta_12": {"description": "Not looked at."},
    "IC": {"type": "array", "minItems": 1, "maxItems": 4097, "items": {"type": "array"}}
  }
})";

constexpr std::string_view kCircuit = R"({
  "type": "object",
  "required": ["circuit_id", "protocol", "curve", "format", "n_public", "created_at"],
  "properties": {
    "circuit_id": {
      "allOf": [{"$ref": "#/components/schemas/Digest"}],
      "description": "Depends on what the key says, and not on how it is written down."
    },
    "protocol": {"type": "string", "const": "groth16"},
    "curve": {"type": "string", "const": "bn254"},
    "format": {"type": "string", "enum": ["snarkjs", "gnark", "arkworks", "risc0", "sp1"]},
    "n_public": {
      "type": "integer",
      "minimum": 0,
      "maximum": 4096,
      "description": "Public signals; of a zkVM, those of its latest release."
    },
    "created_at": {"$ref": "#/components/schemas/Time"}
  }
})";

constexpr std::string_view kCircuitList = R"({
  "type": "object",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Circuit"}},
    "next_cursor": {"$ref": "#/components/schemas/NextCursor"}
  }
})";

constexpr std::string_view kProofStatement = R"({
  "type": "object",
  "description": "A proof and what it is of: `public_signals` under a key, `journal` under a program of RISC Zero, `public_values` under one of SP1.",
  "required": ["proof"],
  "oneOf": [
    {"required": ["public_signals"]}, {"required": ["journal"]}, {"required": ["public_values"]}
  ],
  "properties": {
    "proof": {
      "type": ["object", "string"],
      "description": "Of snarkjs the object that it writes; of gnark and arkworks base64; of a zkVM the seal, as base64 or 0x and hex digits."
    },
    "public_signals": {
      "type": "array",
      "maxItems": 4096,
      "items": {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"}
    },
    "journal": {"$ref": "#/components/schemas/Base64"},
    "public_values": {"$ref": "#/components/schemas/Base64"}
  }
})";

constexpr std::string_view kProofVerification = R"({
  "allOf": [{"$ref": "#/components/schemas/ProofStatement"}],
  "type": "object",
  "required": ["circuit_id", "proof"],
  "unevaluatedProperties": false,
  "properties": {
    "circuit_id": {"$ref": "#/components/schemas/Digest"},
    "proof": true,
    "task_id": {"type": "string", "maxLength": 128, "description": "Echoed."}
  }
})";

constexpr std::string_view kProofVerdict = R"({
  "type": "object",
  "required": ["valid", "circuit_id", "verified_at", "verification_time_ms"],
  "properties": {
    "valid": {"type": "boolean"},
    "circuit_id": {"$ref": "#/components/schemas/Digest"},
    "task_id": {"type": "string", "description": "As it was sent."},
    "verified_at": {"$ref": "#/components/schemas/Time"},
    "verification_time_ms": {"type": "number", "minimum": 0},
    "reason": {"type": "string", "description": "Why it is not valid, for people."}
  }
})";

constexpr std::string_view kProofBatch = R"({
  "type": "object",
  "required": ["circuit_id", "proofs"],
  "additionalProperties": false,
  "properties": {
    "circuit_id": {"$ref": "#/components/schemas/Digest"},
    "proofs": {
      "type": "array",
      "maxItems": 10000,
      "items": {"$ref": "#/components/schemas/ProofStatement"}
    }
  }
})";

constexpr std::string_view kProofVerdicts = R"({
  "type": "object",
  "required": ["results"],
  "properties": {
    "results": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["index", "valid"],
        "properties": {
          "index": {"type": "integer", "minimum": 0},
          "valid": {"type": "boolean"},
          "reason": {"type": "string", "description": "Why it is not valid, for people."}
        }
      }
    }
  }
})";

constexpr std::string_view kProof = R"({
  "type": "object",
  "required": ["proof_id", "task_id", "circuit_id", "proof"],
  "properties": {
    "proof_id": {
      "allOf": [{"$ref": "#/components/schemas/Digest"}],
      "description": "The SHA-256 of the members `circuit_id`, `proof` and `public_signals` in the form of RFC 8785."
    },
    "task_id": {"$ref": "#/components/schemas/TaskId"},
    "circuit_id": {"$ref": "#/components/schemas/Digest"},
    "proof": {"type": ["object", "string"], "description": "As the node sent it."},
    "public_signals": {
      "type": "array",
      "items": {"type": "string"},
      "description": "Not under a program of a zkVM: there the task's output is what is proved."
    }
  }
})";

constexpr std::string_view kProofDemand = R"({
  "type": "object",
  "required": ["circuit_id", "bind"],
  "properties": {
    "circuit_id": {"$ref": "#/components/schemas/Digest"},
    "bind": {"$ref": "#/components/schemas/Bindings"}
  }
})";

constexpr std::string_view kBindings = R"({
  "type": "array",
  "maxItems": 4096,
  "description": "What each public signal must be. Halves of hashes are big-endian numbers of 128 bits; `task_id` stands for the SHA-256 of the id as text; `output[i]` is element i of the output read as a JSON array, an integer.",
  "items": {
    "type": "string",
    "pattern": "^(any|literal:(0|[1-9][0-9]*)|(module_sha256|input_sha256|output_sha256|task_id)\\.(hi|lo)|output\\[(0|[1-9][0-9]*)\\])$"
  }
})";

constexpr auto kSchemas = std::to_array<Schema>({
    {"CircuitRegistration", kCircuitRegistration},
    {"SnarkjsKey", kSnarkjsKey},
    {"Circuit", kCircuit},
    {"CircuitList", kCircuitList},
    {"ProofStatement", kProofStatement},
    {"ProofVerification", kProofVerification},
    {"ProofVerdict", kProofVerdict},
    {"ProofBatch", kProofBatch},
    {"ProofVerdicts", kProofVerdicts},
    {"Proof", kProof},
    {"ProofDemand", kProofDemand},
    {"Bindings", kBindings},
});

}  // namespace

std::span<const Schema> proof_schemas() { return kSchemas; }

}  // namespace vcp::api
