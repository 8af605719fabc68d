// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/committer.hpp"

#include <atomic>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "commit_record.hpp"

namespace vcp::store {
namespace {

/// A synced write takes no more batches once it has this much.
constexpr std::size_t kGroupBytes = 4 << 20;

struct Waiting {
  std::uint64_t number;
  Batch batch;
  Committer::Done done;
};

/// As many from the front as make one synced write; at least one.
std::span<Waiting> first_group(std::span<Waiting> waiting) {
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (count < waiting.size() && bytes < kGroupBytes) bytes += waiting[count++].batch.bytes();
  return waiting.first(count);
}

}  // namespace

class Committer::State {
 public:
  State(Backend& backend, std::function<void(const Sample&)> observe, Writes writes)
      : backend_(backend), observe_(std::move(observe)) {
    const Result<std::uint64_t> last = last_commit(backend_);
    if (last) {
      durable_ = last_given_ = *last;
    } else {
      failure_ = last.error();
    }
    if (writes == Writes::on_a_thread) thread_ = std::jthread([this] { run(); });
  }

  ~State() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_one();
  }

  void commit(std::uint64_t number, Batch batch, Done done) {
    bool wake = false;
    {
      const std::lock_guard lock(mutex_);
      assert(failure_ || number == last_given_ + 1);
      last_given_ = number;
      wake = queue_.empty();
      queue_.push_back({number, std::move(batch), std::move(done)});
      queued_.fetch_add(1, std::memory_order_relaxed);
    }
    if (wake) changed_.notify_one();
  }

  void step() {
    std::vector<Waiting> taken;
    {
      const std::lock_guard lock(mutex_);
      std::swap(taken, queue_);
    }
    write_all(taken);
  }

  [[nodiscard]] std::uint64_t durable() const { return durable_.load(std::memory_order_acquire); }
  [[nodiscard]] std::size_t queued() const { return queued_.load(std::memory_order_relaxed); }

  [[nodiscard]] std::optional<Error> failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void run() {
    std::vector<Waiting> taken;
    while (take(taken)) {
      write_all(taken);
      taken.clear();
    }
  }

  void write_all(std::span<Waiting> taken) {
    for (std::span<Waiting> rest = taken; !rest.empty();) {
      const std::span<Waiting> group = first_group(rest);
      finish(group, write(group));
      rest = rest.subspan(group.size());
    }
  }

  /// Waits for batches and takes all there are; false if there are none and none will come.
  bool take(std::vector<Waiting>& taken) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    std::swap(taken, queue_);
    return !taken.empty();
  }

  /// Makes the group durable with one synced write; from the first failure on, fails at once.
  Result<> write(std::span<const Waiting> group) {
    if (const std::optional<Error> error = failure()) return std::unexpected(*error);
    merge(group);
    const auto start = std::chrono::steady_clock::now();
    Result<> written = backend_.commit(merged_);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (!written) {
      const std::lock_guard lock(mutex_);
      failure_ = written.error();
      return written;
    }
    durable_.store(group.back().number, std::memory_order_release);
    if (observe_) observe_({group.size(), merged_.size(), took.count()});
    return written;
  }

  void merge(std::span<const Waiting> group) {
    merged_.clear();
    const CommitRecord record{.number = group.back().number, .previous = group.front().number - 1};
    merged_.put(Table::meta, kCommitKey, encode(record));
    for (const Waiting& waiting : group) merged_.append(waiting.batch);
  }

  void finish(std::span<Waiting> group, const Result<>& result) {
    queued_.fetch_sub(group.size(), std::memory_order_relaxed);
    for (Waiting& waiting : group) waiting.done(result);
  }

  Backend& backend_;
  std::function<void(const Sample&)> observe_;
  Batch merged_;  // of who writes

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<Waiting> queue_;
  std::uint64_t last_given_ = 0;
  std::optional<Error> failure_;
  bool stopping_ = false;

  std::atomic<std::uint64_t> durable_ = 0;
  std::atomic<std::size_t> queued_ = 0;
  std::jthread thread_;  // last: joins before the rest goes
};

Committer::Committer(Backend& backend, std::function<void(const Sample&)> observe, Writes writes)
    : state_(std::make_unique<State>(backend, std::move(observe), writes)) {}

Committer::~Committer() = default;

void Committer::commit(std::uint64_t number, Batch batch, Done done) {
  state_->commit(number, std::move(batch), std::move(done));
}

void Committer::step() { state_->step(); }

std::uint64_t Committer::durable() const { return state_->durable(); }
std::optional<Error> Committer::failure() const { return state_->failure(); }
std::size_t Committer::queued() const { return state_->queued(); }

Result<std::uint64_t> last_commit(const Backend& backend) {
  const Result<std::optional<std::string>> bytes = backend.get(Table::meta, kCommitKey);
  if (!bytes) return std::unexpected(bytes.error());
  if (!*bytes) return 0;
  const std::optional<CommitRecord> record = decode_commit_record(**bytes);
  if (!record) return fail(Code::corrupt, "the record of the last commit cannot be read");
  return record->number;
}

}  // namespace vcp::store
