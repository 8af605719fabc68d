// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "openapi_schemas.hpp"

namespace vcp::api {
namespace {

constexpr std::string_view kFlState = R"({
  "type": "string",
  "enum": ["waiting", "running", "paused", "completed"]
})";

constexpr std::string_view kFlStrategy = R"({
  "type": "object",
  "description": "An aggregation rule by its name, and its own parameters beside it.",
  "required": ["name"],
  "properties": {
    "name": {
      "type": "string",
      "enum": ["fedavg", "fedprox", "fedavgm", "fedadagrad", "fedyogi", "fedadam", "median",
               "trimmed_mean", "krum", "multi_krum", "fedbuff"]
    }
  },
  "additionalProperties": {"type": "number"},
  "examples": [{"name": "fedadam", "eta": 0.1}]
})";

constexpr std::string_view kFlPrivacy = R"({
  "type": "object",
  "description": "Central differential privacy of clients. `noise_multiplier` alone has no budget; `epsilon` alone gives the multiplier with which all rounds fit; both together make `epsilon` the budget.",
  "required": ["mechanism", "clip"],
  "additionalProperties": false,
  "properties": {
    "mechanism": {"type": "string", "enum": ["gaussian", "laplace"]},
    "clip": {"type": "number", "minimum": 1e-9, "maximum": 1e9},
    "noise_multiplier": {"type": "number", "minimum": 1e-6, "maximum": 1e6},
    "epsilon": {"type": "number", "exclusiveMinimum": 0, "maximum": 1e6},
    "delta": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
    "adaptive": {
      "type": "object",
      "required": ["target_quantile", "count_stddev"],
      "additionalProperties": false,
      "properties": {
        "target_quantile": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "learning_rate": {
          "type": "number", "exclusiveMinimum": 0, "maximum": 10, "default": 0.2
        },
        "count_stddev": {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}
      }
    }
  }
})";

constexpr std::string_view kFlJobRequest = R"({
  "type": "object",
  "required": ["name", "rounds", "strategy", "min_clients", "round_timeout_sec"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 256},
    "rounds": {"type": "integer", "minimum": 1, "maximum": 100000},
    "strategy": {"$ref": "#/components/schemas/FlStrategy"},
    "min_clients": {
      "type": "integer", "minimum": 1, "maximum": 10000,
      "description": "With fewer a round does not close."
    },
    "target_clients": {
      "type": "integer", "minimum": 1, "maximum": 10000,
      "description": "With so many a round closes at once; without it, with `min_clients`."
    },
    "round_timeout_sec": {"type": "number", "minimum": 1, "maximum": 2592000},
    "max_samples_per_client": {"type": "integer", "minimum": 1, "maximum": 9007199254740992},
    "max_update_bytes": {"type": "integer", "minimum": 1},
    "privacy": {"$ref": "#/components/schemas/FlPrivacy"}
  }
})";

constexpr std::string_view kFlJob = R"({
  "type": "object",
  "required": ["job_id", "name", "owner", "state", "reason", "round", "rounds", "strategy",
               "min_clients", "target_clients", "round_timeout_sec", "cohort", "privacy",
               "epsilon_spent", "epsilon_budget", "opened_at", "closes_at", "extended",
               "created_at", "updated_at"],
  "properties": {
    "job_id": {"type": "string", "format": "uuid"},
    "name": {"type": "string"},
    "owner": {"$ref": "#/components/schemas/Owner"},
    "state": {"$ref": "#/components/schemas/FlState"},
    "reason": {
      "type": ["string", "null"],
      "description": "Why it is paused, or was completed before its last round."
    },
    "round": {
      "type": "integer", "minimum": 0,
      "description": "The one that trains from the newest model: the open one; 0 before the first model, and one more than were done at the end."
    },
    "rounds": {"type": "integer", "minimum": 1},
    "strategy": {"$ref": "#/components/schemas/FlStrategy"},
    "min_clients": {"type": "integer", "minimum": 1},
    "target_clients": {"type": "integer", "minimum": 1},
    "round_timeout_sec": {"type": "number"},
    "max_samples_per_client": {"type": ["integer", "null"]},
    "max_update_bytes": {"type": "integer"},
    "cohort": {
      "type": "object",
      "description": "Updates that the open round has, needs at its timeout, and closes with.",
      "required": ["accepted", "min_clients", "target_clients"],
      "properties": {
        "accepted": {"type": "integer", "minimum": 0},
        "min_clients": {"type": "integer", "minimum": 1},
        "target_clients": {"type": "integer", "minimum": 1}
      }
    },
    "privacy": {
      "type": ["object", "null"],
      "description": "As asked, with the `noise_multiplier` in use and the `clip` of this round."
    },
    "epsilon_spent": {"type": ["number", "null"], "description": "By all rounds that closed."},
    "epsilon_budget": {"type": ["number", "null"]},
    "opened_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "closes_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "extended": {"type": "boolean", "description": "The open round's time was put off once."},
    "first_model_kept": {"type": "integer", "minimum": 0},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "updated_at": {"$ref": "#/components/schemas/Time"}
  }
})";

constexpr std::string_view kFlJobList = R"({
  "type": "object",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/FlJob"}},
    "next_cursor": {"$ref": "#/components/schemas/NextCursor"}
  }
})";

constexpr std::string_view kFlRound = R"({
  "type": "object",
  "description": "A private job shows neither clients nor metrics.",
  "required": ["job_id", "round", "state", "opened_at", "closed_at", "client_count",
               "epsilon_spent"],
  "properties": {
    "job_id": {"type": "string", "format": "uuid"},
    "round": {"type": "integer", "minimum": 1},
    "state": {"type": "string", "enum": ["open", "aggregating", "paused", "closed"]},
    "opened_at": {"$ref": "#/components/schemas/Time"},
    "closed_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "client_count": {"type": "integer", "minimum": 0},
    "clients": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["client_id", "num_samples", "norm"],
        "properties": {
          "client_id": {"type": "string"},
          "num_samples": {"type": "integer", "minimum": 1},
          "norm": {
            "type": ["number", "null"],
            "description": "L2, of the difference from the round's model; null if not finite."
          }
        }
      }
    },
    "metrics": {
      "type": "object",
      "description": "What clients reported, its mean over samples.",
      "additionalProperties": {"type": "number"}
    },
    "mu": {"type": "number", "description": "FedProx: the weight of the client's proximal term."},
    "epsilon_spent": {"type": ["number", "null"]}
  }
})";

constexpr std::string_view kFlUpdate = R"({
  "type": "object",
  "required": ["job_id", "round", "client_id", "num_samples", "kind"],
  "properties": {
    "job_id": {"type": "string", "format": "uuid"},
    "round": {"type": "integer", "minimum": 1},
    "client_id": {"type": "string"},
    "num_samples": {"type": "integer", "minimum": 1},
    "kind": {"type": "string", "enum": ["weights", "delta"]}
  }
})";

constexpr std::string_view kFlClient = R"({
  "type": "object",
  "required": ["job_id", "client_id"],
  "additionalProperties": false,
  "properties": {
    "job_id": {"type": "string", "format": "uuid"},
    "client_id": {
      "type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_.-]+$"
    }
  }
})";

constexpr auto kSchemas = std::to_array<Schema>({
    {"FlJobRequest", kFlJobRequest},
    {"FlStrategy", kFlStrategy},
    {"FlPrivacy", kFlPrivacy},
    {"FlJob", kFlJob},
    {"FlJobList", kFlJobList},
    {"FlRound", kFlRound},
    {"FlUpdate", kFlUpdate},
    {"FlState", kFlState},
    {"FlClient", kFlClient},
});

}  // namespace

std::span<const Schema> fl_schemas() { return kSchemas; }

}  // namespace vcp::api
