// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "vcp/base/result.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::store {

/// Group commit: batches queue, one thread writes whatever waits as one synced commit, then tells
/// all who waited. Batches become durable in the order in which they were given.
///
/// After the first failure nothing more is written: every batch that waits and every later one gets
/// that error.
class Committer {
 public:
  /// What one synced write took.
  struct Sample {
    std::size_t batches;
    std::size_t writes;
    double seconds;
  };

  /// Called on the committer's thread once the batch is on disk, or with why it is not. Must be
  /// short and must not throw. May call `commit`.
  using Done = std::move_only_function<void(const Result<>&)>;

  /// Who writes: a thread of the committer's own, or whoever calls `step`.
  enum class Writes { on_a_thread, when_stepped };

  /// `observe`, if any, is called after each synced write, where that was made. The backend
  /// outlives the committer, and nobody else commits to it meanwhile.
  explicit Committer(Backend& backend, std::function<void(const Sample&)> observe = {},
                     Writes writes = Writes::on_a_thread);

  /// The thread writes what is queued, then stops. What nobody stepped to is dropped.
  ~Committer();

  /// Writes what is queued, on the calling thread; only where nothing else does.
  void step();

  /// Queues the batch that carries commit `number` (numbers rise by one from the last one of the
  /// store). Any thread, but calls must be in the order of the numbers.
  void commit(std::uint64_t number, Batch batch, Done done);

  /// The highest commit number that is on disk. Any thread.
  [[nodiscard]] std::uint64_t durable() const;

  /// Why nothing is committed any more; nothing while all is well. Any thread.
  [[nodiscard]] std::optional<Error> failure() const;

  /// Batches that wait. Any thread.
  [[nodiscard]] std::size_t queued() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// The number of the last commit in the store; 0 if it is new.
[[nodiscard]] Result<std::uint64_t> last_commit(const Backend& backend);

}  // namespace vcp::store
