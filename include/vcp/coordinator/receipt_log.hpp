// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/signal.hpp"
#include "vcp/base/time.hpp"
#include "vcp/log/note.hpp"
#include "vcp/log/tree.hpp"
#include "vcp/mesh/task.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::coordinator {

/// The receipt of a completed task in canonical JSON: what was asked, what came of it, and how sure
/// that is. docs/receipts.md lists the members. `engine` names the sandbox that a stranger needs to
/// run the task again; `salt` are 128 random bits, so that its digest tells nothing.
[[nodiscard]] std::string render_receipt(const mesh::Task& task, std::string_view engine,
                                         std::string_view salt);

/// A receipt as it was issued, and which leaf of the log its SHA-256 is.
struct IssuedReceipt {
  std::uint64_t leaf_index = 0;
  std::string receipt;
};

/// The transparency log of receipts. The writer puts a receipt, its entry and the tiles that it
/// completes into the batch of the completion itself; readers see the tree of the last published
/// checkpoint, all of which is durable, so that no checkpoint is ever taken back.
class ReceiptLog {
 public:
  struct Options {
    std::vector<log::SignerKey> keys;  ///< of one name; each signs every checkpoint
    std::string engine;                ///< see wasm::Engine::name
    Duration interval{100};            ///< between checkpoints, while there are new leaves
  };

  /// `backend` and `random` must outlive it.
  ReceiptLog(const store::Backend& backend, Random& random, Options options);

  // --- Readers: any thread.

  /// A tree and its signed head. Never changes.
  struct Published {
    log::Tree tree;
    std::string checkpoint;
  };
  [[nodiscard]] std::shared_ptr<const Published> published() const;

  /// The published tree once it has that leaf, or as it is when the time is up.
  [[nodiscard]] Async<std::shared_ptr<const Published>> covering(std::uint64_t leaf, Duration wait);

  /// A tile or a bundle of entries of the published tree, as clients get it; `not_found` if it is
  /// not in there.
  [[nodiscard]] Result<std::string> read(const log::TilePath& path) const;

  /// The receipt of that task; nothing if it has none, or it is not kept any more.
  [[nodiscard]] Result<std::optional<IssuedReceipt>> find(const TaskId& task) const;

  /// The receipt with its proof of inclusion in `in`, which must cover it, as JSON.
  [[nodiscard]] Result<std::string> with_evidence(const IssuedReceipt& issued,
                                                  const Published& in) const;

  /// The name of the log, which its keys bear.
  [[nodiscard]] const std::string& name() const { return options_.keys.front().verifier().name; }

  /// The keys that sign, a line each.
  [[nodiscard]] std::string verifier_keys() const;

  // --- The writer's only.

  /// Takes what the store holds, all of which is durable. `corrupt` if it does not fit together;
  /// `conflict` if the log was begun under another name.
  [[nodiscard]] Result<> load();

  /// Issues the receipt of a task that completes with this batch; returns its digest.
  Digest issue(store::Batch& batch, const mesh::Task& task);

  /// Forgets the receipt; its leaf stays.
  static void forget(store::Batch& batch, const TaskId& task);

  /// Puts the leaves issued since the last call, and the tiles that they complete, into the batch.
  void append(store::Batch& batch);

  /// When the next checkpoint is to be signed; nothing while all leaves are covered.
  [[nodiscard]] std::optional<Time> due() const;

  /// Signs the tree as it is; to be published once all of it is durable.
  [[nodiscard]] std::shared_ptr<const Published> sign(Time now);
  void publish(std::shared_ptr<const Published> next);

 private:
  [[nodiscard]] Result<std::vector<Digest>> entries(std::uint64_t first, std::uint64_t last) const;
  [[nodiscard]] log::ReadTile stored_tiles() const;

  const store::Backend& backend_;
  BufferedRandom random_;
  const Options options_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Published> published_;
  std::multimap<std::uint64_t, std::shared_ptr<Signal>> waiting_;  ///< by the leaf they wait for

  // --- The writer's own.
  log::Tree tree_;
  std::vector<Digest> issued_;  ///< digests of this turn's receipts
  std::uint64_t signed_size_ = 0;
  Time next_;
};

}  // namespace vcp::coordinator
