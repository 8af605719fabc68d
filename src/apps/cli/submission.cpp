// SPDX-License-Identifier: Apache-2.0
#include "cli/submission.hpp"

#include <string_view>
#include <utility>

#include "vcp/base/json.hpp"

namespace vcp::cli {

namespace {

Result<> check_json(std::string_view flag, const std::string& text, bool must_be_array) {
  if (text.empty()) return {};
  json::Document document;
  auto value = document.parse(text);
  if (!value) return fail(Code::invalid, std::string(flag) + ": " + value.error().message);
  if (must_be_array && !value->is(json::Kind::array)) {
    return fail(Code::invalid, std::string(flag) + ": must be a JSON array, such as [1, 2]");
  }
  return {};
}

Result<> check_pairs(std::string_view flag, const std::vector<std::string>& pairs) {
  for (const std::string& pair : pairs) {
    std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(Code::invalid, std::string(flag) + ": '" + pair + "' is not K=V");
    }
  }
  return {};
}

void write_pairs(json::Writer& writer, std::string_view name,
                 const std::vector<std::string>& pairs) {
  if (pairs.empty()) return;
  writer.key(name).begin_object();
  for (const std::string& pair : pairs) {
    std::size_t equals = pair.find('=');
    writer.member(pair.substr(0, equals), pair.substr(equals + 1));
  }
  writer.end_object();
}

void write_strings(json::Writer& writer, std::string_view name,
                   const std::vector<std::string>& strings) {
  if (strings.empty()) return;
  writer.key(name).begin_array();
  for (const std::string& text : strings) writer.string(text);
  writer.end_array();
}

template <class T>
void write_if(json::Writer& writer, std::string_view name, const std::optional<T>& value) {
  if (value) writer.member(name, *value);
}

void write_if(json::Writer& writer, std::string_view name, const std::string& text) {
  if (!text.empty()) writer.member(name, text);
}

void write_call(json::Writer& writer, const Submission& submission, const Input& input) {
  write_if(writer, "function", submission.function);
  if (!submission.args.empty()) writer.key("args").raw(submission.args);
  if (!submission.inputs.empty()) writer.key("inputs").raw(submission.inputs);
  if (input.bytes) writer.key("input").base64(*input.bytes);
  write_if(writer, "input_blob", input.blob_id);
  write_strings(writer, "argv", submission.argv);
  write_pairs(writer, "env", submission.env);
}

void write_requirements(json::Writer& writer, const Submission& submission) {
  writer.key("requirements")
      .begin_object()
      .member("min_nodes", submission.nodes)
      .member("max_execution_time_sec", submission.max_time_sec)
      .member("require_gpu", submission.gpu)
      .member("require_proof", false);
  write_strings(writer, "regions", submission.regions);
  write_if(writer, "node_type", submission.node_type);
  write_pairs(writer, "labels", submission.labels);
  write_if(writer, "min_health_score", submission.min_health);
  write_if(writer, "min_bandwidth_mbps", submission.min_bandwidth_mbps);
  write_if(writer, "max_latency_ms", submission.max_latency_ms);
  write_if(writer, "min_memory_gb", submission.min_memory_gb);
  writer.end_object();
}

void write_limits(json::Writer& writer, const Submission& submission) {
  writer.key("limits").begin_object();
  write_if(writer, "gas", submission.gas);
  write_if(writer, "memory_mb", submission.memory_mb);
  write_if(writer, "output_bytes", submission.output_bytes);
  writer.end_object();
}

}  // namespace

void declare(CLI::App& app, Submission& task) {
  app.add_option("module", task.module, "WebAssembly file (binary or text) or sha256:… of one")
      ->required();
  auto* input = app.add_option("--input", task.input, "file whose bytes are its input, or -");
  app.add_option("--inputs", task.inputs, "JSON that is its input")->excludes(input);
  app.add_option("--function", task.function, "exported function to call");
  app.add_option("--args", task.args, "JSON array of its arguments");
  auto add_list = [&app](const char* name, std::vector<std::string>& list, const char* help) {
    app.add_option(name, list, help)->allow_extra_args(false);
  };
  add_list("--argv", task.argv, "an argument of the program; may be given several times");
  add_list("--env", task.env, "K=V in its environment; may be given several times");
  app.add_option("--verify", task.verify, "how the result is verified");
  app.add_option("--gas", task.gas, "instructions it may use, about");
  app.add_option("--memory-mb", task.memory_mb, "memory it may use");
  app.add_option("--output-bytes", task.output_bytes, "output it may write");
  app.add_option("--max-time-sec", task.max_time_sec, "time it may take")->capture_default_str();
  app.add_option("--nodes", task.nodes, "run on so many nodes together")->capture_default_str();
  app.add_flag("--gpu", task.gpu, "only on nodes with a GPU");
  add_list("--region", task.regions, "only in this region; may be given several times");
  app.add_option("--node-type", task.node_type, "only on such nodes");
  add_list("--label", task.labels, "K=V, only on nodes with it; may be given several times");
  app.add_option("--min-health", task.min_health, "only on nodes of this health score");
  app.add_option("--min-bandwidth-mbps", task.min_bandwidth_mbps, "only on nodes as fast");
  app.add_option("--max-latency-ms", task.max_latency_ms, "only on nodes as near");
  app.add_option("--min-memory-gb", task.min_memory_gb, "only on nodes as large");
  app.add_option("--strategy", task.strategy, "how nodes are chosen");
  app.add_option("--priority", task.priority, "0 to 9, 9 first")->check(CLI::Range(0, 9));
  app.add_option("--max-retries", task.max_retries, "tries after the first");
}

Result<> check(const Submission& submission) {
  Result<> good = check_json("--args", submission.args, true);
  if (good) good = check_json("--inputs", submission.inputs, false);
  if (good) good = check_pairs("--env", submission.env);
  if (good) good = check_pairs("--label", submission.labels);
  return good;
}

std::string submission_body(const Submission& submission, const std::string& module_id,
                            const Input& input) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("task_type", "wasm_execution").member("module_id", module_id);
  write_call(writer, submission, input);
  write_requirements(writer, submission);
  write_limits(writer, submission);
  if (!submission.verify.empty()) {
    writer.key("verification").begin_object().member("mode", submission.verify).end_object();
  }
  write_if(writer, "strategy", submission.strategy);
  write_if(writer, "priority", submission.priority);
  write_if(writer, "max_retries", submission.max_retries);
  writer.end_object();
  return body;
}

}  // namespace vcp::cli
