// SPDX-License-Identifier: Apache-2.0
// What a completion costs more because it has a receipt: on the writer, and on RocksDB, on the disk
// that holds the temporary directory. A turn completes 64 tasks, as a busy server's does.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/coordinator/receipt_log.hpp"
#include "vcp/coordinator/records.hpp"
#include "vcp/store/memory.hpp"
#include "vcp/store/rocksdb.hpp"

namespace vcp::coordinator {
namespace {

constexpr std::size_t kTurn = 64;

ReceiptLog::Options options(Random& random) {
  return {.keys = {log::SignerKey::generate("log.example", random).value()},
          .engine = "wasmtime-48.0.8/1f2e3d4c5b6a7988/x86_64+avx2+bmi2"};
}

/// A task that one node has answered.
mesh::Task completed_task() {
  auto spec = std::make_shared<mesh::TaskSpec>();
  spec->owner = "default";
  spec->input = {.bytes = std::string(64, 'i'), .content = {}, .size = 64};
  auto result = std::make_shared<mesh::TaskResult>();
  result->output = {.bytes = std::string(64, 'o'), .content = {}, .size = 64};
  result->gas_used = 1'234'567;
  mesh::Task task;
  task.spec = std::move(spec);
  task.status = mesh::TaskStatus::completed;
  task.answers.push_back({.lease = {.node = {"node-1"}, .epoch = Epoch{123'456}, .granted_at = {}},
                          .outcome = mesh::Outcome::ok,
                          .detail = {},
                          .result = std::move(result),
                          .judgement = mesh::Judgement::accepted});
  return task;
}

void BM_Render(benchmark::State& state) {
  const mesh::Task task = completed_task();
  const std::string salt(16, 's');
  for (auto _ : state) benchmark::DoNotOptimize(render_receipt(task, "engine", salt));
}
BENCHMARK(BM_Render);

/// All that the writer does for the receipts of a turn.
void BM_Issue(benchmark::State& state) {
  SystemRandom random;
  store::MemoryBackend backend;
  ReceiptLog log(backend, random, options(random));
  const mesh::Task task = completed_task();
  for (auto _ : state) {
    store::Batch batch;
    for (std::size_t i = 0; i < kTurn; ++i) benchmark::DoNotOptimize(log.issue(batch, task));
    log.append(batch);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kTurn));
}
BENCHMARK(BM_Issue);

void BM_Checkpoint(benchmark::State& state) {
  SystemRandom random;
  store::MemoryBackend backend;
  ReceiptLog log(backend, random, options(random));
  for (auto _ : state) benchmark::DoNotOptimize(log.sign(Time()));
}
BENCHMARK(BM_Checkpoint);

/// The synced write of a turn's completions, with their receipts or without.
void BM_Commit(benchmark::State& state) {
  std::string directory = (std::filesystem::temp_directory_path() / "vcp-bench-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) throw std::runtime_error("no temporary directory");
  {
    SystemRandom random;
    const auto backend = store::open_rocksdb(directory).value();
    ReceiptLog log(*backend, random, options(random));
    mesh::Task task = completed_task();
    for (auto _ : state) {
      store::Batch batch;
      for (std::size_t i = 0; i < kTurn; ++i) {
        random.fill(std::as_writable_bytes(std::span(task.id.bytes)));
        if (state.range(0) != 0) task.receipt = log.issue(batch, task);
        batch.erase(store::Table::active, task.id.view());
        batch.put(store::Table::finished, task.id.view(), encode(task));
        batch.put(store::Table::by_owner, owned_key(task.spec->owner, task.id.view()), "");
      }
      log.append(batch);
      if (!backend->commit(batch)) throw std::runtime_error("cannot commit");
    }
  }
  std::filesystem::remove_all(directory);
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kTurn));
}
BENCHMARK(BM_Commit)->Arg(0)->Arg(1)->ArgName("receipts");

}  // namespace
}  // namespace vcp::coordinator
