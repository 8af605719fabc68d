// SPDX-License-Identifier: Apache-2.0
// The JSON reader and writer beside nlohmann/json, on a task object and on a large input.
#include "vcp/base/json.hpp"

#include <benchmark/benchmark.h>

#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace vcp;

// 323 bytes
constexpr std::string_view kTask =
    R"({"task_type":"wasm_execution","module_id":"sha256:ba7816bf8f01cfea414140de5dae2223b00361a3)"
    R"(96177a9cb410ff61f20015ad","inputs":{"n":1000,"seed":42424242,"mode":"fast"},"requirements":)"
    R"({"min_nodes":1,"max_execution_time_sec":60,"require_gpu":false,"require_proof":false},)"
    R"("verification":{"mode":"quorum","agree":2},"priority":5})";
static_assert(kTask.size() == 323);

/// A submission whose input is 1 MiB of base64.
std::string large_task() {
  return R"({"task_type":"computation","input":")" + std::string(1 << 20, 'A') + "\"}";
}

void parse_task(benchmark::State& state) {
  json::Document document;
  for (auto _ : state) {
    benchmark::DoNotOptimize(document.parse(kTask));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kTask.size()));
}
BENCHMARK(parse_task);

void parse_task_fresh_document(benchmark::State& state) {
  for (auto _ : state) {
    json::Document document;
    benchmark::DoNotOptimize(document.parse(kTask));
  }
}
BENCHMARK(parse_task_fresh_document);

void parse_task_nlohmann(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(nlohmann::json::parse(kTask));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kTask.size()));
}
BENCHMARK(parse_task_nlohmann);

void read_task_members(benchmark::State& state) {
  json::Document document;
  const json::Value task = document.parse(kTask).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(task.find("priority")->as_int64());
    benchmark::DoNotOptimize(task.find("module_id")->as_plain_string());
    benchmark::DoNotOptimize(task.find("verification")->find("agree")->as_uint64());
  }
}
BENCHMARK(read_task_members);

void parse_large_input(benchmark::State& state) {
  const std::string text = large_task();
  json::Document document;
  for (auto _ : state) {
    benchmark::DoNotOptimize(document.parse(text));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_large_input);

void parse_large_input_nlohmann(benchmark::State& state) {
  const std::string text = large_task();
  for (auto _ : state) {
    benchmark::DoNotOptimize(nlohmann::json::parse(text));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_large_input_nlohmann);

/// The dearest text for its size that an attacker can send: one object of many members, in no
/// order, whose names have a long prefix in common.
void parse_many_members(benchmark::State& state) {
  constexpr std::uint64_t kCount = 1 << 19;
  std::string text = "{";
  for (std::uint64_t i = 0; i < kCount; ++i) {
    text += json::quote("samepref" + std::to_string(i * 999'983 % kCount)) + ":0,";
  }
  text.back() = '}';
  json::Document document;
  for (auto _ : state) {
    benchmark::DoNotOptimize(document.parse(text));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(parse_many_members)->Unit(benchmark::kMillisecond);

void write_task(benchmark::State& state) {
  std::string out;
  for (auto _ : state) {
    out.clear();
    json::Writer writer(out);
    writer.begin_object().member("task_type", "wasm_execution").member("priority", 5);
    writer.member("module_id",
                  "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    writer.key("requirements").begin_object().member("min_nodes", 1);
    writer.member("max_execution_time_sec", 60).member("require_gpu", false).end_object();
    writer.member("health_score", 87.25).end_object();
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(write_task);

void write_task_nlohmann(benchmark::State& state) {
  for (auto _ : state) {
    const nlohmann::json task{
        {"task_type", "wasm_execution"},
        {"priority", 5},
        {"module_id", "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"requirements",
         {{"min_nodes", 1}, {"max_execution_time_sec", 60}, {"require_gpu", false}}},
        {"health_score", 87.25}};
    benchmark::DoNotOptimize(task.dump());
  }
}
BENCHMARK(write_task_nlohmann);

}  // namespace
