// SPDX-License-Identifier: Apache-2.0
// Group commit on RocksDB, on the disk that holds the temporary directory. Every record counted was
// acknowledged after its sync.
#include "vcp/store/committer.hpp"

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "vcp/store/rocksdb.hpp"

namespace vcp::store {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kValueBytes = 300;

/// A store in a new directory, with a committer; all gone at the end.
class Bench {
 public:
  Bench() {
    std::string name = (std::filesystem::temp_directory_path() / "vcp-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = name;
    Result<std::unique_ptr<Backend>> opened = open_rocksdb(directory_);
    if (!opened) throw std::runtime_error(opened.error().message);
    backend_ = std::move(*opened);
    committer_ = std::make_unique<Committer>(*backend_, [this](const Committer::Sample& sample) {
      ++groups_;
      seconds_ += sample.seconds;
    });
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    committer_.reset();
    backend_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// `records` new records with keys in order, as one batch.
  Batch next_batch(std::size_t records) {
    Batch batch;
    for (std::size_t i = 0; i < records; ++i) {
      char key[16] = {};
      ++last_key_;
      for (int byte = 0; byte < 8; ++byte)
        key[byte] = static_cast<char>(last_key_ >> (56 - 8 * byte));
      batch.put(Table::active, {key, sizeof key}, value_);
    }
    return batch;
  }

  void commit(Batch batch, Committer::Done done) {
    committer_->commit(++number_, std::move(batch), std::move(done));
  }

  /// Records a second, batches in a synced write and the share of the time that writes took.
  void report(benchmark::State& state, std::size_t batches, std::size_t records_each) const {
    using benchmark::Counter;
    state.SetItemsProcessed(static_cast<std::int64_t>(batches * records_each));
    state.counters["batches_per_sync"] =
        static_cast<double>(batches) / static_cast<double>(groups_);
    state.counters["us_per_sync"] = 1e6 * seconds_ / static_cast<double>(groups_);
    state.counters["in_commit"] = Counter(seconds_, Counter::kIsRate);
  }

 private:
  std::filesystem::path directory_;
  std::string value_ = std::string(kValueBytes, 'v');
  std::uint64_t last_key_ = 0;
  std::uint64_t number_ = 0;
  std::size_t groups_ = 0;
  double seconds_ = 0;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Committer> committer_;
};

/// Clients on one thread, as on the server's I/O thread: each commits a batch and, when it is told
/// on that thread that the batch is on disk, the next one.
class Clients {
 public:
  Clients(Bench& bench, std::size_t records_each, std::size_t batches)
      : bench_(bench), records_each_(records_each), left_(batches) {}

  void run(std::size_t clients) {
    const auto work = asio::make_work_guard(context_);
    for (std::size_t i = 0; i < clients; ++i) commit_next();
    context_.run();
  }

 private:
  void commit_next() {
    if (left_ == 0) return;
    --left_;
    ++waiting_;
    bench_.commit(bench_.next_batch(records_each_), [this](const Result<>& result) {
      if (!result) throw std::runtime_error(result.error().message);
      asio::post(context_, [this] { acknowledged(); });
    });
  }

  void acknowledged() {
    --waiting_;
    commit_next();
    if (waiting_ == 0) context_.stop();
  }

  Bench& bench_;
  std::size_t records_each_;
  std::size_t left_;
  std::size_t waiting_ = 0;
  asio::io_context context_;
};

/// Arguments: clients, records in each one's batch, records in all.
void commit_records(benchmark::State& state) {
  const auto clients = static_cast<std::size_t>(state.range(0));
  const auto records_each = static_cast<std::size_t>(state.range(1));
  const std::size_t batches = static_cast<std::size_t>(state.range(2)) / records_each;
  Bench bench;
  for (auto _ : state) Clients(bench, records_each, batches).run(clients);
  bench.report(state, batches * static_cast<std::size_t>(state.iterations()), records_each);
}
BENCHMARK(commit_records)
    ->ArgNames({"clients", "each", "records"})
    ->Args({1, 1, 2'000})
    ->Args({32, 1, 300'000})
    ->Args({64, 1, 300'000})
    ->Args({256, 1, 500'000})
    ->Args({4, 1024, 1'000'000})
    ->Args({8, 4096, 1'000'000})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace vcp::store
