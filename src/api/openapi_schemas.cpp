// SPDX-License-Identifier: Apache-2.0
#include "openapi_schemas.hpp"

#include <array>
#include <vector>

namespace vcp::api {
namespace {

// Lengths count characters here and bytes in the parsers; for ASCII that is the same.

// --- System

constexpr std::string_view kStatus = R"({
  "type": "object",
  "required": ["status"],
  "properties": {
    "status": {"type": "string", "enum": ["ok", "ready"]}
  }
})";

constexpr std::string_view kHealth = R"({
  "type": "object",
  "required": ["status", "version", "timestamp"],
  "properties": {
    "status": {"type": "string", "const": "healthy"},
    "version": {"type": "string", "examples": ["0.1.0"]},
    "timestamp": {"$ref": "#/components/schemas/Time"}
  }
})";

constexpr std::string_view kStatistics = R"({
  "type": "object",
  "required": ["total_nodes", "healthy_nodes", "total_tasks", "pending_tasks", "running_tasks",
               "completed_tasks", "failed_tasks", "avg_health_score", "total_compute_capacity"],
  "properties": {
    "total_nodes": {"type": "integer", "minimum": 0},
    "healthy_nodes": {"type": "integer", "minimum": 0, "description": "Nodes that are online."},
    "total_tasks": {"type": "integer", "minimum": 0},
    "pending_tasks": {"type": "integer", "minimum": 0},
    "running_tasks": {"type": "integer", "minimum": 0},
    "completed_tasks": {"type": "integer", "minimum": 0},
    "failed_tasks": {"type": "integer", "minimum": 0},
    "avg_health_score": {"type": "number", "minimum": 0, "maximum": 100},
    "total_compute_capacity": {
      "type": "integer",
      "minimum": 0,
      "description": "Cores of all nodes that are not offline."
    }
  }
})";

// --- Nodes

constexpr std::string_view kNodeRegistration = R"({
  "type": "object",
  "required": ["node_id", "region", "node_type", "capabilities"],
  "additionalProperties": false,
  "properties": {
    "node_id": {"$ref": "#/components/schemas/NodeId"},
    "region": {"type": "string", "minLength": 1, "maxLength": 32, "examples": ["eu-west"]},
    "node_type": {"$ref": "#/components/schemas/NodeType"},
    "capabilities": {"$ref": "#/components/schemas/Capabilities"},
    "slots": {
      "type": "integer",
      "minimum": 1,
      "maximum": 4096,
      "description": "How many leases it may hold; without it, as many as it has cores."
    },
    "labels": {
      "type": "object",
      "maxProperties": 64,
      "propertyNames": {"minLength": 1, "maxLength": 64},
      "additionalProperties": {"type": "string", "maxLength": 256}
    },
    "safety_policy": {"$ref": "#/components/schemas/SafetyPolicy"}
  }
})";

constexpr std::string_view kCapabilities = R"({
  "type": "object",
  "required": ["bandwidth_mbps", "cpu_cores", "memory_gb", "gpu_available"],
  "additionalProperties": false,
  "properties": {
    "bandwidth_mbps": {"type": "number", "minimum": 0, "maximum": 100000},
    "cpu_cores": {"type": "integer", "minimum": 1, "maximum": 1024},
    "memory_gb": {
      "type": "number",
      "minimum": 0.1,
      "maximum": 10000,
      "description": "For tasks: their `memory_mb` are taken from it."
    },
    "gpu_available": {"type": "boolean"}
  }
})";

constexpr std::string_view kSafetyPolicy = R"({
  "type": "object",
  "description": "When the node goes into safe mode: strictly above the first two, at the third.",
  "additionalProperties": false,
  "properties": {
    "max_temperature_c": {"type": "number", "minimum": 0, "maximum": 1000, "default": 85},
    "max_latency_ms": {"type": "number", "minimum": 0, "maximum": 1000000000, "default": 100},
    "max_consecutive_errors": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1000000,
      "default": 25
    }
  }
})";

constexpr std::string_view kNode = R"({
  "type": "object",
  "required": ["node_id", "owner", "region", "node_type", "capabilities", "slots", "labels",
               "safety_policy", "health_score", "status", "slots_free", "reputation",
               "registered_at", "last_seen", "telemetry", "completed", "failed", "disputed",
               "confirmed_in_a_row"],
  "properties": {
    "node_id": {"$ref": "#/components/schemas/NodeId"},
    "owner": {"$ref": "#/components/schemas/Owner"},
    "region": {"type": "string"},
    "node_type": {"$ref": "#/components/schemas/NodeType"},
    "capabilities": {"$ref": "#/components/schemas/Capabilities"},
    "slots": {"type": "integer", "minimum": 1},
    "labels": {
      "type": "object",
      "maxProperties": 64,
      "propertyNames": {"minLength": 1, "maxLength": 64},
      "additionalProperties": {"type": "string", "maxLength": 256}
    },
    "safety_policy": {"$ref": "#/components/schemas/SafetyPolicy"},
    "health_score": {"type": "number", "minimum": 0, "maximum": 100},
    "status": {"$ref": "#/components/schemas/NodeStatus"},
    "slots_free": {"type": "integer", "minimum": 0},
    "reputation": {"type": "number", "minimum": 0, "maximum": 1},
    "registered_at": {"$ref": "#/components/schemas/Time"},
    "last_seen": {"$ref": "#/components/schemas/Time"},
    "telemetry": {
      "anyOf": [{"$ref": "#/components/schemas/Telemetry"}, {"type": "null"}],
      "description": "Of the last heartbeat; null before the first."
    },
    "completed": {"type": "integer", "minimum": 0},
    "failed": {"type": "integer", "minimum": 0},
    "disputed": {"type": "integer", "minimum": 0},
    "confirmed_in_a_row": {
      "type": "integer", "minimum": 0,
      "description": "Answers that others, or a run of the coordinator, confirmed since the last wrong one."
    },
    "node_token": {
      "type": "string",
      "description": "The node's own token, in the answer to its first registration only."
    }
  }
})";

constexpr std::string_view kNodeList = R"({
  "type": "object",
  "description": "In the order of their ids.",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
    "next_cursor": {"$ref": "#/components/schemas/NextCursor"}
  }
})";

constexpr std::string_view kHeartbeat = R"({
  "type": "object",
  "required": ["telemetry"],
  "additionalProperties": false,
  "properties": {
    "telemetry": {
      "type": "object",
      "description": "What the node measured of itself; it leaves out what it cannot measure.",
      "additionalProperties": false,
      "properties": {
        "bandwidth_mbps": {"type": "number", "minimum": 0, "maximum": 1000000000000},
        "avg_latency_ms": {"type": "number", "minimum": 0, "maximum": 1000000000000},
        "cpu_usage_percent": {"type": "number", "minimum": 0, "maximum": 100},
        "memory_usage_percent": {"type": "number", "minimum": 0, "maximum": 100},
        "temperature_c": {"type": "number", "minimum": 0, "maximum": 1000000000000},
        "power_watts": {"type": "number", "minimum": 0, "maximum": 1000000000000}
      }
    },
    "leases": {
      "type": "array",
      "description": "The leases that it holds: each is renewed.",
      "maxItems": 4096,
      "items": {
        "type": "object",
        "required": ["task_id", "epoch"],
        "additionalProperties": false,
        "properties": {
          "task_id": {"$ref": "#/components/schemas/TaskId"},
          "epoch": {"$ref": "#/components/schemas/Epoch"},
          "progress": {"type": "number", "minimum": 0, "maximum": 1}
        }
      }
    }
  }
})";

constexpr std::string_view kTelemetry = R"({
  "type": "object",
  "description": "What a node measured of itself; null is what it did not tell.",
  "properties": {
    "bandwidth_mbps": {"type": ["number", "null"]},
    "avg_latency_ms": {"type": ["number", "null"]},
    "cpu_usage_percent": {"type": ["number", "null"]},
    "memory_usage_percent": {"type": ["number", "null"]},
    "temperature_c": {"type": ["number", "null"]},
    "power_watts": {"type": ["number", "null"]}
  }
})";

constexpr std::string_view kHeartbeatReply = R"({
  "type": "object",
  "required": ["health_score", "node_status", "safe_mode", "cancelled"],
  "properties": {
    "health_score": {"type": "number", "minimum": 0, "maximum": 100},
    "node_status": {"$ref": "#/components/schemas/NodeStatus"},
    "safe_mode": {"type": "boolean"},
    "cancelled": {
      "type": "array",
      "description": "Leases that were named, but are not the node's, or not any more.",
      "items": {
        "type": "object",
        "required": ["task_id", "epoch"],
        "properties": {
          "task_id": {"$ref": "#/components/schemas/TaskId"},
          "epoch": {"$ref": "#/components/schemas/Epoch"}
        }
      }
    }
  }
})";

constexpr std::string_view kLeases = R"({
  "type": "object",
  "required": ["leases"],
  "properties": {
    "leases": {"type": "array", "items": {"$ref": "#/components/schemas/Lease"}}
  }
})";

constexpr std::string_view kLease = R"({
  "type": "object",
  "description": "The right to run one task until the deadline. An input above 64 KiB comes as `input_blob`, whose content the lease lets the node read.",
  "required": ["task_id", "epoch", "deadline", "task_type", "module_id", "function", "args", "argv",
               "env", "limits", "max_execution_time_sec", "rank", "size", "proof", "fl"],
  "oneOf": [{"required": ["input"]}, {"required": ["input_blob"]}],
  "properties": {
    "task_id": {"$ref": "#/components/schemas/TaskId"},
    "epoch": {"$ref": "#/components/schemas/Epoch"},
    "deadline": {"$ref": "#/components/schemas/Time"},
    "task_type": {"$ref": "#/components/schemas/TaskType"},
    "module_id": {"$ref": "#/components/schemas/Digest"},
    "function": {"type": ["string", "null"]},
    "args": {"type": "array"},
    "argv": {"type": "array", "items": {"type": "string"}},
    "env": {"type": "object", "additionalProperties": {"type": "string"}},
    "input": {"$ref": "#/components/schemas/Base64"},
    "input_blob": {"$ref": "#/components/schemas/Digest"},
    "limits": {
      "allOf": [{"$ref": "#/components/schemas/TaskLimits"}],
      "required": ["gas", "memory_mb", "output_bytes"]
    },
    "max_execution_time_sec": {"type": "integer", "minimum": 1, "maximum": 3600},
    "rank": {"type": "integer", "minimum": 0},
    "size": {"type": "integer", "minimum": 1},
    "proof": {
      "anyOf": [{"$ref": "#/components/schemas/ProofDemand"}, {"type": "null"}],
      "description": "What the result must be proved by."
    },
    "fl": {"type": "null"}
  }
})";

constexpr std::string_view kTaskResultReport = R"({
  "type": "object",
  "description": "How a lease ended. What stands in the path is left out or the same here: a result sent to a task has no `task_id` and must name its `node_id`, one sent to a node must name its `task_id`.",
  "required": ["epoch", "status"],
  "if": {"properties": {"status": {"const": "ok"}}},
  "then": {"required": ["output"]},
  "additionalProperties": false,
  "properties": {
    "task_id": {"$ref": "#/components/schemas/TaskId"},
    "node_id": {"$ref": "#/components/schemas/NodeId"},
    "epoch": {"$ref": "#/components/schemas/Epoch"},
    "rank": {"type": "integer", "minimum": 0, "maximum": 1000, "default": 0},
    "status": {
      "type": "string",
      "description": "`node_error`: the node could not run it, by its own fault. `handed_back`: it gives the lease back unfinished. Both, and `timeout`, are tried again.",
      "enum": ["ok", "exit_code", "trap", "stack_overflow", "timeout", "out_of_gas",
               "out_of_memory", "output_too_large", "module_invalid", "node_error", "handed_back",
               "cancelled"]
    },
    "detail": {
      "type": "string",
      "maxLength": 4194304,
      "description": "A sentence for people; cut at 4096 bytes."
    },
    "output": {
      "allOf": [{"$ref": "#/components/schemas/Base64"}],
      "description": "At most the task's `output_bytes`. Kept after `ok` and `exit_code`."
    },
    "log": {
      "type": "string",
      "maxLength": 4194304,
      "default": "",
      "description": "Standard error; cut at 64 KiB."
    },
    "log_truncated": {"type": "boolean", "default": false},
    "exit_code": {
      "type": ["integer", "null"],
      "minimum": -2147483648,
      "maximum": 2147483647,
      "default": 0
    },
    "gas_used": {"type": "integer", "minimum": 0, "maximum": 4611686018427387904, "default": 0},
    "execution_time_ms": {
      "type": "integer",
      "minimum": 0,
      "maximum": 4611686018427387904,
      "default": 0
    },
    "trace": {"type": "null"},
    "proof": {
      "type": ["object", "string", "null"],
      "description": "Where the lease has `proof`: as for POST /proofs/verify. At most 16 KiB."
    },
    "public_signals": {
      "type": ["array", "null"],
      "items": {"type": "string"},
      "description": "Beside `proof`, but not under a program of a zkVM: there the output is what is proved."
    }
  }
})";

constexpr std::string_view kTaskResultAnswer = R"({
  "type": "object",
  "description": "What became of the task.",
  "required": ["task_id", "status"],
  "properties": {
    "task_id": {"$ref": "#/components/schemas/TaskId"},
    "status": {"$ref": "#/components/schemas/TaskStatus"}
  }
})";

constexpr std::string_view kResultOutcome = R"({
  "description": "The outcome of one line.",
  "oneOf": [
    {
      "type": "object",
      "required": ["index", "task_id", "status"],
      "properties": {
        "index": {"type": "integer", "minimum": 0},
        "task_id": {"$ref": "#/components/schemas/TaskId"},
        "status": {"$ref": "#/components/schemas/TaskStatus"}
      }
    },
    {"$ref": "#/components/schemas/LineProblem"}
  ]
})";

// --- Modules and blobs

constexpr std::string_view kModule = R"({
  "type": "object",
  "required": ["module_id", "size", "created_at", "abi", "exports", "functions", "imports"],
  "properties": {
    "module_id": {"$ref": "#/components/schemas/Digest"},
    "size": {"type": "integer", "minimum": 1, "description": "Bytes of the binary."},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "abi": {"type": "string", "enum": ["wasi-command", "reactor", "scalar"]},
    "exports": {"type": "array", "items": {"type": "string"}},
    "functions": {
      "type": "object",
      "description": "The types of the exported functions.",
      "additionalProperties": {"type": "string"},
      "examples": [{"add": "(i32, i32) -> i32"}]
    },
    "imports": {
      "type": "array",
      "items": {"type": "string"},
      "examples": [["wasi_snapshot_preview1.fd_write"]]
    }
  }
})";

constexpr std::string_view kModuleList = R"({
  "type": "object",
  "description": "In the order of owner and hash.",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Module"}},
    "next_cursor": {"$ref": "#/components/schemas/NextCursor"}
  }
})";

constexpr std::string_view kBlob = R"({
  "type": "object",
  "required": ["blob_id", "size"],
  "properties": {
    "blob_id": {"$ref": "#/components/schemas/Digest"},
    "size": {"type": "integer", "minimum": 0, "description": "Bytes."}
  }
})";

// --- Tasks

constexpr std::string_view kTaskSubmission = R"({
  "type": "object",
  "description": "`args`, `argv` and `env` may have 1024 entries and 64 KiB together.",
  "required": ["task_type", "requirements"],
  "oneOf": [{"required": ["module_id"]}, {"required": ["wasm_module"]}],
  "allOf": [
    {"not": {"required": ["inputs", "input"]}},
    {"not": {"required": ["inputs", "input_blob"]}},
    {"not": {"required": ["input", "input_blob"]}}
  ],
  "additionalProperties": false,
  "properties": {
    "task_type": {
      "type": "string",
      "enum": ["wasm_execution", "computation"],
      "description": "The two are the same."
    },
    "module_id": {"$ref": "#/components/schemas/Digest"},
    "wasm_module": {
      "allOf": [{"$ref": "#/components/schemas/Base64"}],
      "description": "The binary itself, in place of an id."
    },
    "function": {
      "type": "string",
      "maxLength": 4096,
      "description": "An exported function, for a scalar call. Without it the module's own entry."
    },
    "args": {
      "type": "array",
      "maxItems": 1024,
      "description": "Arguments of a scalar call: integers exact to the last digit; a float may be \"NaN\", \"Infinity\" or \"-Infinity\"."
    },
    "argv": {
      "type": "array",
      "maxItems": 1024,
      "items": {"type": "string", "pattern": "^[^\\u0000]*$"},
      "description": "After the program's own name, which is `task`."
    },
    "env": {
      "type": "object",
      "maxProperties": 1024,
      "propertyNames": {"pattern": "^[^=\\u0000]+$"},
      "additionalProperties": {"type": "string", "pattern": "^[^\\u0000]*$"}
    },
    "inputs": {"description": "Any JSON: its bytes exactly as sent are standard input."},
    "input": {
      "allOf": [{"$ref": "#/components/schemas/Base64"}],
      "description": "The bytes of standard input."
    },
    "input_blob": {
      "allOf": [{"$ref": "#/components/schemas/Digest"}],
      "description": "A blob whose bytes are standard input."
    },
    "requirements": {"$ref": "#/components/schemas/Requirements"},
    "limits": {"$ref": "#/components/schemas/TaskLimits"},
    "verification": {"$ref": "#/components/schemas/Verification"},
    "strategy": {
      "type": "string",
      "enum": ["weighted", "round_robin", "least_loaded", "latency_aware", "spread"],
      "description": "How a node is chosen among those that may run it; without it, as the server is configured."
    },
    "priority": {"type": "integer", "minimum": 0, "maximum": 9, "default": 5},
    "max_retries": {"type": "integer", "minimum": 0, "maximum": 100, "default": 3}
  }
})";

constexpr std::string_view kRequirements = R"({
  "type": "object",
  "description": "Which nodes may run it, and for how long.",
  "required": ["min_nodes", "max_execution_time_sec"],
  "additionalProperties": false,
  "properties": {
    "min_nodes": {
      "type": "integer",
      "minimum": 1,
      "maximum": 1000,
      "description": "So many different nodes run it at once, a rank each, or none does."
    },
    "max_execution_time_sec": {"type": "integer", "minimum": 1, "maximum": 3600},
    "require_gpu": {"type": "boolean", "default": false},
    "require_proof": {
      "type": "boolean",
      "const": false,
      "default": false,
      "description": "This version has no verification by proof."
    },
    "regions": {
      "type": "array",
      "description": "Any of them; none: everywhere.",
      "maxItems": 64,
      "items": {"type": "string", "minLength": 1, "maxLength": 32}
    },
    "node_type": {"$ref": "#/components/schemas/NodeType"},
    "labels": {
      "type": "object",
      "description": "The value that a label must have, or `true` if it only has to be there.",
      "maxProperties": 64,
      "propertyNames": {"minLength": 1, "maxLength": 64},
      "additionalProperties": {"anyOf": [{"type": "string", "maxLength": 256}, {"const": true}]},
      "examples": [{"zone": "b", "ssd": true}]
    },
    "min_health_score": {"type": "number", "minimum": 0, "maximum": 100},
    "min_bandwidth_mbps": {"type": "number", "minimum": 0},
    "max_latency_ms": {
      "type": "number",
      "minimum": 0,
      "description": "A node that has not measured its latency does not meet it."
    },
    "min_memory_gb": {"type": "number", "minimum": 0}
  }
})";

constexpr std::string_view kTaskLimits = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "gas": {
      "type": "integer",
      "minimum": 1,
      "maximum": 10000000000000,
      "default": 10000000000
    },
    "memory_mb": {"type": "integer", "minimum": 1, "maximum": 4096, "default": 256},
    "output_bytes": {"type": "integer", "minimum": 0, "maximum": 67108864, "default": 1048576}
  }
})";

constexpr std::string_view kVerification = R"({
  "type": "object",
  "description": "`none` is the node's word. `quorum` believes what so many nodes answer equally. `recheck` has the coordinator run it again. `auto` takes the cheapest of these that accepts a wrong answer with a chance of at most `max_wrong`. `proof` believes what a proof shows.",
  "required": ["mode"],
  "additionalProperties": false,
  "properties": {
    "mode": {"type": "string", "enum": ["none", "quorum", "recheck", "auto", "proof"]},
    "agree": {
      "type": "integer", "minimum": 1, "maximum": 100, "default": 2,
      "description": "quorum: equal output hashes and exit codes that are needed."
    },
    "max_replicas": {
      "type": "integer", "minimum": 1, "maximum": 100, "default": 5,
      "description": "quorum: nodes that may be asked, all together."
    },
    "adaptive": {
      "type": "boolean", "default": true,
      "description": "quorum: a node that has proved itself may be believed alone, but for spot checks."
    },
    "probability": {
      "type": "number", "minimum": 0, "maximum": 1, "default": 1,
      "description": "recheck: how often."
    },
    "max_wrong": {
      "type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 1e-4,
      "description": "auto: the chance of a wrong answer that is put up with."
    },
    "circuit_id": {
      "allOf": [{"$ref": "#/components/schemas/Digest"}],
      "description": "proof: what it is verified against; required."
    },
    "bind": {"$ref": "#/components/schemas/Bindings"}
  }
})";

constexpr std::string_view kTaskInfo = R"({
  "type": "object",
  "required": ["task_id", "task_type", "status", "owner", "module_id", "assigned_nodes",
               "created_at", "updated_at", "attempts", "priority", "progress", "result",
               "proof_id", "verification", "receipt_id", "failure"],
  "properties": {
    "task_id": {"$ref": "#/components/schemas/TaskId"},
    "task_type": {"$ref": "#/components/schemas/TaskType"},
    "status": {"$ref": "#/components/schemas/TaskStatus"},
    "owner": {"$ref": "#/components/schemas/Owner"},
    "module_id": {"$ref": "#/components/schemas/Digest"},
    "assigned_nodes": {
      "type": "array",
      "items": {"$ref": "#/components/schemas/NodeId"},
      "description": "Who runs it now, or whose result ended it."
    },
    "created_at": {"$ref": "#/components/schemas/Time"},
    "updated_at": {"$ref": "#/components/schemas/Time"},
    "attempts": {"type": "integer", "minimum": 0, "description": "Leases that were granted."},
    "priority": {"type": "integer", "minimum": 0, "maximum": 9},
    "progress": {
      "type": ["number", "null"],
      "minimum": 0,
      "maximum": 1,
      "description": "Of the run under way, as its node tells it."
    },
    "result": {"anyOf": [{"$ref": "#/components/schemas/TaskResult"}, {"type": "null"}]},
    "proof_id": {
      "anyOf": [{"$ref": "#/components/schemas/Digest"}, {"type": "null"}],
      "description": "The proof that its answer was accepted with."
    },
    "verification": {
      "type": "object",
      "description": "As it was asked for. Of `auto` also `plan`, the way that was chosen, null until the first node is known, and `estimated_wrong`.",
      "required": ["mode"]
    },
    "answers": {
      "type": "array",
      "description": "What each node answered, and how that was judged.",
      "items": {"$ref": "#/components/schemas/TaskAnswer"}
    },
    "receipt_id": {
      "description": "SHA-256 of the receipt, which is its entry in the log; null until the task completes.",
      "anyOf": [{"$ref": "#/components/schemas/Digest"}, {"type": "null"}]
    },
    "failure": {"anyOf": [{"$ref": "#/components/schemas/TaskFailure"}, {"type": "null"}]}
  }
})";

constexpr std::string_view kReceipt = R"({
  "type": "object",
  "required": ["receipt", "leaf_index", "tree_size", "inclusion_proof", "checkpoint"],
  "properties": {
    "receipt": {
      "type": "object",
      "description": "In the canonical form of RFC 8785; its SHA-256 is the log's entry."
    },
    "leaf_index": {"type": "integer", "minimum": 0},
    "tree_size": {"type": "integer", "minimum": 1},
    "inclusion_proof": {
      "type": "array",
      "description": "Hashes from the leaf upwards, as RFC 9162 lists them.",
      "items": {"type": "string", "contentEncoding": "base64"}
    },
    "checkpoint": {"type": "string", "description": "A signed note with the head of the tree."}
  }
})";

constexpr std::string_view kTaskResult = R"({
  "type": "object",
  "description": "What the run gave. In lists without `output`, `output_text` and `log`.",
  "required": ["output_sha256", "log_truncated", "exit_code", "gas_used", "execution_time_ms"],
  "properties": {
    "output": {"$ref": "#/components/schemas/Base64"},
    "output_text": {"type": "string", "description": "The output, if it is UTF-8."},
    "output_sha256": {"$ref": "#/components/schemas/Digest"},
    "log": {"type": "string", "description": "Standard error, the first 64 KiB."},
    "log_truncated": {"type": "boolean"},
    "exit_code": {"type": "integer"},
    "gas_used": {"type": "integer", "minimum": 0},
    "execution_time_ms": {"type": "integer", "minimum": 0},
    "parts": {
      "type": "array",
      "description": "Of a task of several nodes, the results of its ranks in order; `output` is theirs one after the other.",
      "items": {"type": "object"}
    }
  }
})";

constexpr std::string_view kTaskAnswer = R"({
  "type": "object",
  "required": ["node_id", "epoch", "rank", "status", "output_sha256", "exit_code", "gas_used",
               "judgement"],
  "properties": {
    "node_id": {"$ref": "#/components/schemas/NodeId"},
    "epoch": {"$ref": "#/components/schemas/Epoch"},
    "rank": {"type": "integer", "minimum": 0},
    "status": {"$ref": "#/components/schemas/FailureReason"},
    "output_sha256": {"$ref": "#/components/schemas/Digest"},
    "exit_code": {"type": "integer"},
    "gas_used": {"type": "integer", "minimum": 0},
    "judgement": {"type": "string", "enum": ["open", "accepted", "disputed"]}
  }
})";

constexpr std::string_view kTaskFailure = R"({
  "type": "object",
  "required": ["reason", "detail", "attempts"],
  "properties": {
    "reason": {"$ref": "#/components/schemas/FailureReason"},
    "detail": {"type": "string"},
    "attempts": {
      "type": "array",
      "description": "The leases that ended without a result that counts.",
      "items": {
        "type": "object",
        "required": ["node_id", "epoch", "reason", "detail"],
        "properties": {
          "node_id": {"$ref": "#/components/schemas/NodeId"},
          "epoch": {"$ref": "#/components/schemas/Epoch"},
          "reason": {"$ref": "#/components/schemas/FailureReason"},
          "detail": {"type": "string"}
        }
      }
    }
  }
})";

constexpr std::string_view kFailureReason = R"({
  "type": "string",
  "enum": ["exit_code", "trap", "stack_overflow", "timeout", "out_of_gas", "out_of_memory",
           "output_too_large", "module_invalid", "node_error", "node_lost", "handed_back",
           "cancelled", "no_agreement", "refuted", "proof_invalid"]
})";

constexpr std::string_view kTaskList = R"({
  "type": "object",
  "description": "Newest first; each `result` without `output`, `output_text` and `log`.",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/TaskInfo"}},
    "next_cursor": {"$ref": "#/components/schemas/NextCursor"}
  }
})";

constexpr std::string_view kSubmissionOutcome = R"({
  "description": "The outcome of one line.",
  "oneOf": [
    {
      "type": "object",
      "required": ["index", "task_id"],
      "properties": {
        "index": {"type": "integer", "minimum": 0},
        "task_id": {"$ref": "#/components/schemas/TaskId"}
      }
    },
    {"$ref": "#/components/schemas/LineProblem"}
  ]
})";

constexpr std::string_view kLineProblem = R"({
  "type": "object",
  "required": ["index", "problem"],
  "properties": {
    "index": {"type": "integer", "minimum": 0},
    "problem": {"$ref": "#/components/schemas/Problem"}
  }
})";

constexpr std::string_view kExplanation = R"({
  "type": "object",
  "required": ["status", "waiting_for", "nodes_total", "nodes_eligible", "constraints"],
  "properties": {
    "status": {"$ref": "#/components/schemas/TaskStatus"},
    "waiting_for": {
      "type": "string",
      "enum": ["nothing", "result", "verification", "back_off", "eligible_nodes", "free_slots",
               "quota", "reservation", "turn"]
    },
    "nodes_total": {"type": "integer", "minimum": 0},
    "nodes_eligible": {"type": "integer", "minimum": 0},
    "constraints": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["constraint", "nodes_removed"],
        "properties": {
          "constraint": {
            "type": "string",
            "enum": ["status", "free_slots", "memory_mb", "regions", "node_type", "require_gpu", "labels",
                     "min_health_score", "min_bandwidth_mbps", "max_latency_ms", "min_memory_gb"]
          },
          "nodes_removed": {
            "type": "integer",
            "minimum": 0,
            "description": "Nodes that this constraint rules out by itself."
          }
        }
      }
    },
    "position": {
      "type": "integer",
      "minimum": 0,
      "description": "While pending: how many tasks are before it in line."
    },
    "not_before": {
      "allOf": [{"$ref": "#/components/schemas/Time"}],
      "description": "While backing off after a failure: when it may be placed again."
    }
  }
})";

// --- Tokens

constexpr std::string_view kTokenRequest = R"({
  "type": "object",
  "required": ["role"],
  "additionalProperties": false,
  "properties": {
    "role": {
      "type": "string",
      "enum": ["admin", "submitter", "reader", "join", "fl_client"],
      "description": "A token of role `node` comes from registering a node only."
    },
    "owner": {"allOf": [{"$ref": "#/components/schemas/Owner"}], "default": "default"},
    "name": {"type": "string", "maxLength": 256, "default": "", "description": "For people."},
    "expires_at": {
      "type": "string",
      "format": "date-time",
      "description": "In the future, with any offset. Without it the token serves until revoked."
    },
    "fl": {
      "allOf": [{"$ref": "#/components/schemas/FlClient"}],
      "description": "Role `fl_client`: whom it is for; required. The owner is the job's."
    }
  }
})";

constexpr std::string_view kToken = R"({
  "type": "object",
  "required": ["token_id", "role", "owner", "name", "created_at", "expires_at"],
  "properties": {
    "token": {
      "type": "string",
      "description": "The secret, in the first answer to its making only."
    },
    "token_id": {"type": "string", "format": "uuid"},
    "role": {"type": "string", "enum": ["admin", "submitter", "reader", "join", "node", "fl_client"]},
    "owner": {"$ref": "#/components/schemas/Owner"},
    "name": {"type": "string"},
    "created_at": {"$ref": "#/components/schemas/Time"},
    "expires_at": {"anyOf": [{"$ref": "#/components/schemas/Time"}, {"type": "null"}]},
    "node_id": {
      "allOf": [{"$ref": "#/components/schemas/NodeId"}],
      "description": "Whose token it is, if a node's."
    },
    "fl": {
      "allOf": [{"$ref": "#/components/schemas/FlClient"}],
      "description": "Whose token it is, if of role `fl_client`."
    }
  }
})";

constexpr std::string_view kTokenList = R"({
  "type": "object",
  "description": "Oldest first.",
  "required": ["items", "next_cursor"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}},
    "next_cursor": {"$ref": "#/components/schemas/NextCursor"}
  }
})";

// --- Everywhere

constexpr std::string_view kProblem = R"({
  "type": "object",
  "description": "RFC 9457, with `error` and `message` beside it for older clients.",
  "required": ["type", "title", "status", "detail", "error", "message"],
  "properties": {
    "type": {"type": "string", "format": "uri-reference", "examples": ["about:blank"]},
    "title": {"type": "string", "description": "The phrase of the status."},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "detail": {"type": "string", "description": "What is wrong, for people."},
    "instance": {"type": "string", "description": "The path of the request."},
    "errors": {
      "type": "array",
      "description": "Every wrong field.",
      "items": {
        "type": "object",
        "required": ["pointer", "detail"],
        "properties": {
          "pointer": {
            "type": "string",
            "description": "A JSON pointer into the body, or `?name` for a query parameter."
          },
          "detail": {"type": "string"}
        }
      }
    },
    "error": {"type": "string", "description": "The kind of problem.", "examples": ["invalid"]},
    "message": {"type": "string", "description": "As `detail`."}
  }
})";

constexpr std::string_view kTaskId = R"({"type": "string", "format": "uuid"})";

constexpr std::string_view kNodeId =
    R"({"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_-]+$"})";

constexpr std::string_view kOwner =
    R"({"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-z0-9_-]+$"})";

constexpr std::string_view kEpoch = R"({
  "type": "integer",
  "minimum": 0,
  "maximum": 4611686018427387904,
  "description": "The fencing number of a lease: no two leases have the same."
})";

constexpr std::string_view kDigest = R"({
  "type": "string",
  "pattern": "^sha256:[0-9a-f]{64}$",
  "description": "The SHA-256 of the content."
})";

constexpr std::string_view kBase64 = R"({
  "type": "string",
  "contentEncoding": "base64",
  "description": "The standard alphabet, padded (RFC 4648, section 4)."
})";

constexpr std::string_view kTime = R"({
  "type": "string",
  "format": "date-time",
  "description": "RFC 3339 in UTC with milliseconds.",
  "examples": ["2026-01-31T09:30:00.250Z"]
})";

constexpr std::string_view kNextCursor = R"({
  "type": ["string", "null"],
  "description": "What `cursor` must be for the next page; null on the last."
})";

constexpr std::string_view kTaskType = R"({
  "type": "string",
  "enum": ["wasm_execution", "computation", "zk_proof", "federated_learning"]
})";

constexpr std::string_view kTaskStatus = R"({
  "type": "string",
  "enum": ["pending", "running", "verifying", "completed", "failed", "cancelled"]
})";

constexpr std::string_view kNodeType = R"({
  "type": "string",
  "enum": ["compute", "gateway", "storage", "validator", "any"]
})";

constexpr std::string_view kNodeStatus = R"({
  "type": "string",
  "enum": ["online", "safe_mode", "draining", "offline"]
})";

constexpr auto kSchemas = std::to_array<Schema>({
    {"TaskSubmission", kTaskSubmission},
    {"Requirements", kRequirements},
    {"TaskLimits", kTaskLimits},
    {"Verification", kVerification},
    {"TaskInfo", kTaskInfo},
    {"TaskResult", kTaskResult},
    {"TaskAnswer", kTaskAnswer},
    {"TaskFailure", kTaskFailure},
    {"TaskList", kTaskList},
    {"SubmissionOutcome", kSubmissionOutcome},
    {"Explanation", kExplanation},
    {"Receipt", kReceipt},
    {"Module", kModule},
    {"ModuleList", kModuleList},
    {"Blob", kBlob},
    {"NodeRegistration", kNodeRegistration},
    {"Capabilities", kCapabilities},
    {"SafetyPolicy", kSafetyPolicy},
    {"Node", kNode},
    {"NodeList", kNodeList},
    {"Heartbeat", kHeartbeat},
    {"Telemetry", kTelemetry},
    {"HeartbeatReply", kHeartbeatReply},
    {"Leases", kLeases},
    {"Lease", kLease},
    {"TaskResultReport", kTaskResultReport},
    {"TaskResultAnswer", kTaskResultAnswer},
    {"ResultOutcome", kResultOutcome},
    {"TokenRequest", kTokenRequest},
    {"Token", kToken},
    {"TokenList", kTokenList},
    {"Status", kStatus},
    {"Health", kHealth},
    {"Statistics", kStatistics},
    {"Problem", kProblem},
    {"LineProblem", kLineProblem},
    {"TaskId", kTaskId},
    {"NodeId", kNodeId},
    {"Owner", kOwner},
    {"Epoch", kEpoch},
    {"Digest", kDigest},
    {"Base64", kBase64},
    {"Time", kTime},
    {"NextCursor", kNextCursor},
    {"TaskType", kTaskType},
    {"TaskStatus", kTaskStatus},
    {"FailureReason", kFailureReason},
    {"NodeType", kNodeType},
    {"NodeStatus", kNodeStatus},
});

}  // namespace

std::span<const Schema> schemas() {
  static const std::vector<Schema> all = [] {
    std::vector<Schema> joined(kSchemas.begin(), kSchemas.end());
    for (const auto part : {proof_schemas(), fl_schemas()}) {
      joined.insert(joined.end(), part.begin(), part.end());
    }
    return joined;
  }();
  return all;
}

}  // namespace vcp::api
