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

constexpr auto kSchemas = std::to_array<Schema>({
    {"CircuitRegistration", kCircuitRegistration},
    {"SnarkjsKey", kSnarkjsKey},
    {"Circuit", kCircuit},
    {"CircuitList", kCircuitList},
});

}  // namespace

std::span<const Schema> proof_schemas() { return kSchemas; }

}  // namespace vcp::api
