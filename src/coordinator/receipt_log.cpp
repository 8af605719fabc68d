// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/receipt_log.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <span>
#include <utility>

#include "vcp/base/big_endian.hpp"
#include "vcp/log/checkpoint.hpp"
#include "vcp/log/receipt.hpp"

namespace vcp::coordinator {

using log::TileId;
using log::TilePath;
using store::Table;

namespace {

constexpr std::string_view kNameKey = "log_name";  // in Table::meta
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kDigestBytes = sizeof(Digest::bytes);

std::string entry_key(std::uint64_t first) {
  std::string key;
  append_u64(key, first);
  return key;
}

std::string tile_key(TileId id) {
  std::string key(1, static_cast<char>(id.level));
  append_u64(key, id.index);
  return key;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Code::corrupt, "the log of receipts is damaged: " + std::string(what));
}

/// The receipt's index in the log, eight bytes, then the receipt.
Result<IssuedReceipt> decode_receipt(std::string_view bytes) {
  if (bytes.size() < sizeof(std::uint64_t)) return damaged("a receipt is cut");
  return IssuedReceipt{.leaf_index = read_u64(bytes),
                       .receipt = std::string(bytes.substr(sizeof(std::uint64_t)))};
}

/// The number of leaves, from the last run of entries.
Result<std::uint64_t> stored_size(const store::Backend& backend) {
  Result<std::uint64_t> size = 0;
  const Result<> scanned = backend.scan(Table::log_entries, "", "", store::Order::descending,
                                        [&](std::string_view key, std::string_view run) {
                                          if (key.size() == sizeof(std::uint64_t)) {
                                            size = read_u64(key) + run.size() / kDigestBytes;
                                          } else {
                                            size = damaged("an entry has no number");
                                          }
                                          return false;
                                        });
  if (!scanned) return std::unexpected(scanned.error());
  return size;
}

}  // namespace

ReceiptLog::ReceiptLog(const store::Backend& backend, Random& random, Options options)
    : backend_(backend),
      random_(random),
      options_(std::move(options)),
      published_(std::make_shared<const Published>()) {}

// --- Readers

std::shared_ptr<const ReceiptLog::Published> ReceiptLog::published() const {
  const std::lock_guard lock(mutex_);
  return published_;
}

Async<std::shared_ptr<const ReceiptLog::Published>> ReceiptLog::covering(std::uint64_t leaf,
                                                                         Duration wait) {
  using Clock = std::chrono::steady_clock;
  using Timer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;
  const auto covered = std::make_shared<Signal>();
  std::multimap<std::uint64_t, std::shared_ptr<Signal>>::iterator place;
  {
    const std::lock_guard lock(mutex_);
    if (leaf < published_->tree.size()) co_return published_;
    place = waiting_.emplace(leaf, covered);
  }
  Timer timer(co_await asio::this_coro::executor, wait);
  timer.async_wait([covered](const boost::system::error_code&) { covered->set(); });
  co_await covered->wait();
  const std::lock_guard lock(mutex_);
  const auto [first, last] = waiting_.equal_range(leaf);
  const auto still = std::find_if(first, last, [&](const auto& w) { return w.second == covered; });
  if (still != last) waiting_.erase(still);
  co_return published_;
}

Result<std::string> ReceiptLog::read(const TilePath& path) const {
  const auto shown = published();
  if (path.width > log::tile_width(path.id(), shown->tree.size())) {
    return fail(Code::not_found, "the log has no such tile");
  }
  if (!path.level) {
    const std::uint64_t first = path.index * log::kTileWidth;
    const auto bundle = entries(first, first + path.width);
    if (!bundle) return std::unexpected(bundle.error());
    return log::entry_bundle(*bundle);
  }
  const auto tile = shown->tree.tiles(stored_tiles())(path);
  if (!tile) return std::unexpected(tile.error());
  return tile->served(path.width);
}

Result<std::optional<IssuedReceipt>> ReceiptLog::find(const TaskId& task) const {
  const auto stored = backend_.get(Table::receipts, task.view());
  if (!stored) return std::unexpected(stored.error());
  if (!*stored) return std::nullopt;
  return decode_receipt(**stored);
}

Result<std::string> ReceiptLog::with_evidence(const IssuedReceipt& issued,
                                              const Published& in) const {
  const std::uint64_t size = in.tree.size();
  auto proof = log::prove_inclusion(issued.leaf_index, size,
                                    log::nodes_in_tiles(size, in.tree.tiles(stored_tiles())));
  if (!proof) return std::unexpected(proof.error());
  return log::receipt_with_evidence(issued.receipt, {.leaf_index = issued.leaf_index,
                                                     .tree_size = size,
                                                     .inclusion_proof = std::move(*proof),
                                                     .checkpoint = in.checkpoint});
}

std::string ReceiptLog::verifier_keys() const {
  std::string lines;
  for (const log::SignerKey& key : options_.keys) lines += key.verifier().to_string() + '\n';
  return lines;
}

/// The entries [first, last), all of which must be stored.
Result<std::vector<Digest>> ReceiptLog::entries(std::uint64_t first, std::uint64_t last) const {
  std::vector<Digest> found;
  const auto visit = [&](std::string_view, std::string_view run) {
    for (; run.size() >= kDigestBytes && found.size() < last - first;
         run.remove_prefix(kDigestBytes)) {
      std::ranges::copy(run.substr(0, kDigestBytes), found.emplace_back().bytes.begin());
    }
    return found.size() < last - first;
  };
  // A run of entries never goes beyond its bundle, so one begins with each.
  const Result<> scanned = backend_.scan(Table::log_entries, entry_key(first), entry_key(last),
                                         store::Order::ascending, visit);
  if (!scanned) return std::unexpected(scanned.error());
  if (found.size() < last - first) return damaged("entries are missing");
  return found;
}

log::ReadTile ReceiptLog::stored_tiles() const {
  return [this](const TilePath& path) -> Result<log::Tile> {
    const auto stored = backend_.get(Table::log_tiles, tile_key(path.id()));
    if (!stored) return std::unexpected(stored.error());
    if (!*stored) return damaged(to_string(path) + " is missing");
    return log::Tile::parse(**stored);
  };
}

// --- The writer

Result<> ReceiptLog::load() {
  if (options_.keys.empty()) return fail(Code::invalid, "the log of receipts has no key");
  const auto size = stored_size(backend_);
  if (!size) return std::unexpected(size.error());
  const auto name = backend_.get(Table::meta, kNameKey);
  if (!name) return std::unexpected(name.error());
  if (*name && **name != this->name()) {
    return fail(Code::conflict, "the log of receipts is " + **name + ", and the keys are of " +
                                    this->name() + ": bring back those it was begun with");
  }
  const auto last_entries = entries(*size - *size % log::kTileWidth, *size);
  if (!last_entries) return std::unexpected(last_entries.error());
  std::vector<Digest> leaves;
  for (const Digest& entry : *last_entries) leaves.push_back(log::leaf_hash(entry.view()));
  auto tree = log::Tree::restore(*size, leaves, stored_tiles());
  if (!tree) return std::unexpected(tree.error());
  tree_ = std::move(*tree);
  publish(sign(Time::min()));
  return {};
}

Digest ReceiptLog::issue(store::Batch& batch, const mesh::Task& task) {
  std::array<std::byte, kSaltBytes> salt;
  random_.fill(salt);
  const std::string receipt = render_receipt(
      task, options_.engine, {reinterpret_cast<const char*>(salt.data()), salt.size()});
  std::string record;
  record.reserve(sizeof(std::uint64_t) + receipt.size());
  append_u64(record, tree_.size() + issued_.size());
  record += receipt;
  batch.put(Table::receipts, task.id.view(), record);
  return issued_.emplace_back(sha256(receipt));
}

void ReceiptLog::forget(store::Batch& batch, const TaskId& task) {
  batch.erase(Table::receipts, task.view());
}

void ReceiptLog::append(store::Batch& batch) {
  if (issued_.empty()) return;
  if (tree_.size() == 0) batch.put(Table::meta, kNameKey, name());
  std::vector<Digest> leaves;
  leaves.reserve(issued_.size());
  for (const Digest& entry : issued_) leaves.push_back(log::leaf_hash(entry.view()));

  std::uint64_t next = tree_.size();
  for (std::span<const Digest> rest = issued_; !rest.empty();) {
    const std::size_t count =
        std::min<std::size_t>(rest.size(), log::kTileWidth - next % log::kTileWidth);
    std::string run;
    for (const Digest& entry : rest.first(count)) run += entry.view();
    batch.put(Table::log_entries, entry_key(next), run);
    rest = rest.subspan(count);
    next += count;
  }
  for (const log::StoredTile& tile : tree_.append(leaves)) {
    batch.put(Table::log_tiles, tile_key(tile.id), tile.bytes);
  }
  issued_.clear();
}

std::optional<Time> ReceiptLog::due() const {
  if (tree_.size() == signed_size_) return std::nullopt;
  return next_;
}

std::shared_ptr<const ReceiptLog::Published> ReceiptLog::sign(Time now) {
  signed_size_ = tree_.size();
  next_ = now + options_.interval;
  const log::Checkpoint checkpoint{.origin = name(), .tree = tree_.head()};
  return std::make_shared<const Published>(Published{
      .tree = tree_, .checkpoint = log::sign_note(log::to_text(checkpoint), options_.keys)});
}

void ReceiptLog::publish(std::shared_ptr<const Published> next) {
  std::vector<std::shared_ptr<Signal>> covered;
  {
    const std::lock_guard lock(mutex_);
    published_ = std::move(next);
    const auto end = waiting_.lower_bound(published_->tree.size());
    for (auto waiter = waiting_.begin(); waiter != end; waiter = waiting_.erase(waiter)) {
      covered.push_back(std::move(waiter->second));
    }
  }
  for (const auto& signal : covered) signal->set();
}

}  // namespace vcp::coordinator
