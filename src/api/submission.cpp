// SPDX-License-Identifier: Apache-2.0
// From the JSON of a submission to the fields of a task.
#include "submission.hpp"

#include <limits>

#include "fields.hpp"
#include "vcp/coordinator/binding.hpp"
#include "vcp/zk/groth16.hpp"

namespace vcp::api {

using json::Kind;
using json::Value;
using mesh::TaskSpec;
using mesh::TaskType;
using mesh::VerificationMode;

namespace {

constexpr std::uint64_t kMaxReplicas = 100;
constexpr std::size_t kMaxEntries = 1'024;
constexpr std::size_t kMaxEntryBytes = 64 * 1024;
constexpr std::size_t kMaxFunctionName = 4'096;
constexpr std::uint64_t kMaxGas = 10'000'000'000'000;
constexpr std::uint32_t kMaxMemoryMb = 4'096;
constexpr std::uint64_t kMaxOutput = 64ULL << 20;
constexpr std::size_t kMaxLabels = 64;
constexpr std::size_t kMaxLabelName = 64;
constexpr std::size_t kMaxLabelValue = 256;
constexpr std::size_t kMaxRegions = 64;
constexpr double kMost = std::numeric_limits<double>::max();

/// Counts the entries of args, argv and env, and their bytes, against the bounds on all of them.
class EntryBudget {
 public:
  explicit EntryBudget(Fields& fields) : fields_(fields) {}

  void spend(std::string_view name, std::size_t entries, std::size_t bytes) {
    const bool fitted = fits();
    entries_ += entries;
    bytes_ += bytes;
    if (fitted && !fits()) {
      fields_.fail(name, "args, argv and env may have 1024 entries and 64 KiB together");
    }
  }

 private:
  [[nodiscard]] bool fits() const { return entries_ <= kMaxEntries && bytes_ <= kMaxEntryBytes; }

  Fields& fields_;
  std::size_t entries_ = 0;
  std::size_t bytes_ = 0;
};

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

void parse_args(Fields& fields, EntryBudget& budget, TaskSpec& spec) {
  const auto args = fields.value("args");
  if (!args) return;
  if (!args->is(Kind::array)) return fields.fail("args", "must be an array");
  budget.spend("args", args->size(), args->source().size());
  spec.args = args->source();
}

void parse_argv(Fields& fields, EntryBudget& budget, TaskSpec& spec) {
  const auto argv = fields.value("argv");
  if (!argv) return;
  if (!argv->is(Kind::array)) return fields.fail("argv", "must be an array of strings");
  std::size_t index = 0;
  for (const json::Item& item : *argv) {
    auto text = item.value.as_string();
    if (!text || has_nul(*text)) {
      fields.errors().add(json::pointer(fields.pointer("argv"), index),
                          "must be a string without NUL");
    } else {
      budget.spend("argv", 1, text->size());
      spec.argv.push_back(std::move(*text));
    }
    ++index;
  }
}

void parse_env(Fields& fields, EntryBudget& budget, TaskSpec& spec) {
  const auto env = fields.value("env");
  if (!env) return;
  if (!env->is(Kind::object)) return fields.fail("env", "must be an object of strings");
  for (const json::Item& item : *env) {
    auto text = item.value.as_string();
    const std::string pointer = json::pointer(fields.pointer("env"), item.name);
    if (!text || has_nul(*text)) {
      fields.errors().add(pointer, "must be a string without NUL");
    } else if (item.name.empty() || has_nul(item.name) ||
               item.name.find('=') != std::string_view::npos) {
      fields.errors().add(pointer, "a name must not be empty or contain '=' or NUL");
    } else {
      budget.spend("env", 1, item.name.size() + text->size());
      spec.env.emplace_back(item.name, std::move(*text));
    }
  }
}

void parse_input(Fields& fields, Submission& submission) {
  const auto inputs = fields.value("inputs");
  auto input = fields.base64("input");
  submission.input_blob = fields.digest("input_blob");
  const int given =
      (inputs ? 1 : 0) + (fields.has("input") ? 1 : 0) + (fields.has("input_blob") ? 1 : 0);
  if (given > 1) {
    fields.fail(inputs ? "inputs" : "input", "give one of inputs, input and input_blob");
  }
  if (inputs) submission.spec.input.bytes = inputs->source();
  if (input) submission.spec.input.bytes = std::move(*input);
  submission.spec.input.size = submission.spec.input.bytes.size();
}

void parse_regions(Fields& fields, mesh::Requirements& wanted) {
  const auto regions = fields.value("regions");
  if (!regions) return;
  if (!regions->is(Kind::array) || regions->size() > kMaxRegions) {
    return fields.fail("regions", "must be an array of at most 64 names");
  }
  std::size_t index = 0;
  for (const json::Item& item : *regions) {
    auto name = item.value.as_string();
    if (!name || name->empty() || name->size() > 32) {
      fields.errors().add(json::pointer(fields.pointer("regions"), index),
                          "must be a string of 1 to 32 bytes");
    } else {
      wanted.regions.push_back(std::move(*name));
    }
    ++index;
  }
}

/// `{"gpu": "a100"}` wants that value, `{"ssd": true}` any.
void parse_labels(Fields& fields, mesh::Requirements& wanted) {
  const auto labels = fields.value("labels");
  if (!labels) return;
  if (!labels->is(Kind::object) || labels->size() > kMaxLabels) {
    return fields.fail("labels", "must be an object of at most 64 members");
  }
  for (const json::Item& item : *labels) {
    auto text = item.value.as_string();
    const std::string pointer = json::pointer(fields.pointer("labels"), item.name);
    if (item.name.empty() || item.name.size() > kMaxLabelName) {
      fields.errors().add(pointer, "a name must have 1 to 64 bytes");
    } else if (text ? text->size() > kMaxLabelValue : item.value.as_bool() != true) {
      fields.errors().add(pointer,
                          "must be the value wanted, of at most 256 bytes, or true for any");
    } else {
      wanted.labels.emplace_back(item.name, std::move(text));
    }
  }
}

void parse_requirements(Fields& outer, TaskSpec& spec) {
  auto fields = outer.required_object("requirements");
  if (!fields) return;
  mesh::Requirements& wanted = spec.requirements;
  const auto required = [&](std::string_view name, Range<std::uint64_t> range) {
    return static_cast<std::uint32_t>(
        fields->require(name, fields->integer(name, range), range.least));
  };
  wanted.min_nodes = required("min_nodes", {1, 1'000});
  wanted.max_execution_time_sec = required("max_execution_time_sec", {1, 3'600});
  wanted.require_gpu = fields->boolean("require_gpu").value_or(false);
  if (fields->boolean("require_proof").value_or(false) &&
      spec.verification.mode != VerificationMode::proof) {
    outer.fail("verification", "require_proof needs the mode proof");
  }
  parse_regions(*fields, wanted);
  wanted.node_type = fields->choice("node_type", mesh::parse_node_type);
  parse_labels(*fields, wanted);
  wanted.min_health_score = fields->number("min_health_score", {0, 100});
  wanted.min_bandwidth_mbps = fields->number("min_bandwidth_mbps", {0, kMost});
  wanted.max_latency_ms = fields->number("max_latency_ms", {0, kMost});
  wanted.min_memory_gb = fields->number("min_memory_gb", {0, kMost});
  fields->finish();
  if (wanted.min_nodes > 1 && spec.verification.mode == VerificationMode::proof) {
    outer.fail("verification", "the mode proof is for tasks of one node");
  }
}

void parse_limits(Fields& outer, mesh::Limits& limits) {
  auto fields = outer.object("limits");
  if (!fields) return;
  limits.gas = fields->integer("gas", {1, kMaxGas}).value_or(limits.gas);
  limits.memory_mb = static_cast<std::uint32_t>(
      fields->integer("memory_mb", {1, kMaxMemoryMb}).value_or(limits.memory_mb));
  limits.output_bytes =
      fields->integer("output_bytes", {0, kMaxOutput}).value_or(limits.output_bytes);
  fields->finish();
}

void parse_quorum(Fields& fields, mesh::Verification& asked) {
  const auto replicas = [&](std::string_view name, std::uint32_t otherwise) {
    return static_cast<std::uint32_t>(fields.integer(name, {1, kMaxReplicas}).value_or(otherwise));
  };
  asked.agree = replicas("agree", asked.agree);
  asked.max_replicas = replicas("max_replicas", asked.max_replicas);
  asked.adaptive = fields.boolean("adaptive").value_or(asked.adaptive);
  if (asked.agree > asked.max_replicas) {
    fields.fail("agree",
                "is more than max_replicas, which is " + std::to_string(asked.max_replicas));
  }
}

void parse_proof(Fields& fields, mesh::Verification& asked) {
  mesh::ProofDemand& demand = asked.proof.emplace();
  demand.circuit = fields.require("circuit_id", fields.digest("circuit_id"));
  const auto bind = fields.value("bind");
  if (!bind) return;
  if (!bind->is(Kind::array) || bind->size() > zk::kMaxPublicSignals) {
    return fields.fail("bind", "must be an array of at most 4096 strings");
  }
  std::size_t index = 0;
  for (const json::Item& item : *bind) {
    auto entry = item.value.as_string();
    if (!entry || !coordinator::parse_binding(*entry)) {
      fields.errors().add(
          json::pointer(fields.pointer("bind"), index),
          entry ? "there is nothing of this name to bind a signal to" : "must be a string");
    } else {
      demand.bind.push_back(std::move(*entry));
    }
    ++index;
  }
}

void parse_verification(Fields& outer, mesh::Verification& asked) {
  auto fields = outer.object("verification");
  if (!fields) return;
  const std::string mode = fields->require("mode", fields->text("mode", {0, 64}), {"none"});
  const auto known = mesh::parse_verification_mode(mode);
  if (!known) {
    return fields->fail("mode", "there is no mode " + json::quote(mode));
  }
  asked.mode = *known;
  if (asked.mode == VerificationMode::quorum) parse_quorum(*fields, asked);
  if (asked.mode == VerificationMode::proof) parse_proof(*fields, asked);
  if (asked.mode == VerificationMode::recheck) {
    asked.probability = fields->number("probability", {0, 1}).value_or(asked.probability);
  }
  if (asked.mode == VerificationMode::automatic) {
    asked.max_wrong = fields->number("max_wrong", {0, 1}).value_or(asked.max_wrong);
    if (asked.max_wrong <= 0 || asked.max_wrong >= 1) {
      fields->fail("max_wrong", "must be above 0 and below 1");
    }
  }
  fields->finish();
}

TaskType parse_type(Fields& fields) {
  const auto type = fields.require("task_type", fields.choice("task_type", mesh::parse_task_type));
  if (type == TaskType::federated_learning) {
    fields.fail("task_type", "federated_learning tasks are made by their job, not submitted");
  } else if (type == TaskType::zk_proof) {
    fields.fail("task_type", "this server does not run zk_proof tasks yet");
  }
  return type;
}

}  // namespace

Result<Submission> parse_submission(Value body) {
  FieldErrors errors;
  Fields fields(body, "", errors);
  Submission submission;
  TaskSpec& spec = submission.spec;

  if (body.is(Kind::object)) {
    spec.type = parse_type(fields);
    const auto module = fields.digest("module_id");
    submission.wasm_module = fields.base64("wasm_module");
    if (fields.has("module_id") && fields.has("wasm_module")) {
      fields.fail("wasm_module", "give one of module_id and wasm_module");
    } else if (!fields.has("module_id") && !fields.has("wasm_module")) {
      fields.fail("module_id", "missing: give module_id or wasm_module");
    }
    if (module) spec.module = *module;

    EntryBudget budget(fields);
    spec.function = fields.text("function", {0, kMaxFunctionName}).value_or("");
    parse_args(fields, budget, spec);
    parse_argv(fields, budget, spec);
    parse_env(fields, budget, spec);
    parse_input(fields, submission);
    parse_verification(fields, spec.verification);
    parse_requirements(fields, spec);
    parse_limits(fields, spec.limits);
    spec.strategy = fields.choice("strategy", mesh::parse_strategy);
    spec.priority =
        static_cast<std::uint8_t>(fields.integer("priority", {0, 9}).value_or(spec.priority));
    spec.max_retries = static_cast<std::uint32_t>(
        fields.integer("max_retries", {0, 100}).value_or(spec.max_retries));
    fields.finish();
  }
  if (const Result<> wrong = errors.result(); !wrong) return std::unexpected(wrong.error());
  return submission;
}

}  // namespace vcp::api
