// SPDX-License-Identifier: Apache-2.0
// Which ended tasks are kept. Those that go are looked for on the pool, a batch at a time in the
// order of their making, and come back as a command.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "loop.hpp"
#include "vcp/base/big_endian.hpp"

namespace vcp::coordinator {

using mesh::Task;
using store::Table;

namespace {

constexpr std::size_t kMaxForgotten = 1'000;  // in one sweep
constexpr std::size_t kMaxLooks = 10'000;     // in one sweep

/// When the task with this id was made: the first 48 bits of a UUID of version 7 (RFC 9562).
Time made_at(std::string_view id) {
  return Time(Duration(static_cast<std::int64_t>(read_u64(id) >> 16)));
}

/// Every content that the record refers to, as often as it does.
std::vector<Digest> contents_of(const Task& task) {
  std::vector<Digest> contents;
  const auto add = [&contents](const mesh::Payload& payload) {
    if (payload.content) contents.push_back(*payload.content);
  };
  add(task.spec->input);
  for (const mesh::Answer& answer : task.answers) {
    for (const mesh::Payload* payload : answer.result->payloads()) add(*payload);
  }
  if (task.assembled) add(task.assembled->output);
  return contents;
}

}  // namespace

/// One walk over a part of the table of ended tasks.
struct Coordinator::Loop::Sweep {
  Time ended_before;      ///< those go
  std::uint64_t surplus;  ///< and so many of the oldest, whatever their age
  std::string reached;    ///< where to go on
  bool more = false;      ///< there may be others beyond
  std::vector<Ended> found = {};

  /// Whether to walk on.
  bool visit(std::string_view key, std::string_view bytes) {
    const bool too_many = found.size() < surplus;
    // What was made later cannot have ended before.
    if (!too_many && made_at(key) > ended_before) return false;
    reached = std::string(key) + '\0';
    auto task = decode_task(bytes);
    if (!task) {
      spdlog::warn("an ended task cannot be read and is kept: {}", task.error().message);
    } else if (too_many || task->updated_at <= ended_before) {
      const mesh::Evidence* proof = task->evidence();
      found.push_back({.id = task->id,
                       .owner = task->spec->owner,
                       .contents = contents_of(*task),
                       .proof = proof ? std::optional(proof->id) : std::nullopt});
    }
    return true;
  }

  [[nodiscard]] Result<> walk(const store::Backend& backend) {
    std::size_t looks = 0;
    const std::string first = reached;
    return backend.scan(Table::finished, first, "", store::Order::ascending,
                        [&](std::string_view key, std::string_view bytes) {
                          more = ++looks > kMaxLooks || found.size() == kMaxForgotten;
                          return !more && visit(key, bytes);
                        });
  }
};

/// So many more ended tasks are kept than should be.
std::uint64_t Coordinator::Loop::surplus() const {
  const std::uint64_t most = options_.keep_ended_tasks.value_or(UINT64_MAX);
  return ended_.kept() > most ? ended_.kept() - most : 0;
}

/// Starts a sweep if one is due and none is under way.
void Coordinator::Loop::sweep_ended(Time now) {
  if (sweeping_ended_) return;
  // A sweep costs the same for one task as for many.
  const std::uint64_t slack =
      std::min<std::uint64_t>(options_.keep_ended_tasks.value_or(0) / 10, kMaxForgotten);
  const bool too_many = surplus() > slack && ended_.kept() != swept_in_vain_;
  if (!sweep_again_ && !too_many) return;
  sweeping_ended_ = true;
  auto sweep = std::make_unique<Sweep>(
      Sweep{.ended_before = options_.keep_ended_for ? now - *options_.keep_ended_for : Time::min(),
            .surplus = surplus(),
            .reached = swept_to_});
  sweep_again_ = false;
  coordinator_.pool_.post([this, sweep = std::move(sweep)]() mutable {
    if (const Result<> walked = sweep->walk(backend_); !walked) {
      spdlog::warn("cannot look for tasks that ended long ago: {}", walked.error().message);
    }
    enqueue([this, sweep = std::move(sweep)](Result<Turn*> turn) {
      sweeping_ended_ = false;
      if (turn) forget(**turn, *sweep);
    });
  });
}

void Coordinator::Loop::forget(Turn& turn, const Sweep& sweep) {
  // An hourly sweep that came due meanwhile begins at the first task.
  if (!sweep_again_) swept_to_ = sweep.reached;
  if (sweep.more) {
    sweep_again_ = true;
  } else if (sweep.found.size() < sweep.surplus) {
    swept_to_.clear();
  }
  store::Batch& batch = turn.writer.batch;
  std::vector<TaskId> ids;
  for (const Ended& task : sweep.found) {
    const std::string owned = owned_key(task.owner, task.id.view());
    batch.erase(Table::finished, task.id.view());
    batch.erase(Table::by_owner, owned);
    batch.erase(Table::dead, owned);
    ReceiptLog::forget(batch, task.id);
    if (task.proof) batch.erase(Table::proofs, proof_key(*task.proof, owned));
    for (const Digest& content : task.contents) turn.writer.release(content);
    ids.push_back(task.id);
  }
  if (ids.empty()) {
    swept_in_vain_ = ended_.kept();
    return;
  }
  coordinator_.tasks_.forget(ids);
  ended_.forgotten += ids.size();
  record_counts(turn);
}

}  // namespace vcp::coordinator
