// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/contents.hpp"

#include <spdlog/spdlog.h>

#include <vector>

namespace vcp::coordinator {

using store::Table;

namespace {

/// Of content whose record cannot be read: so many that it is never removed.
constexpr std::uint64_t kUncountable = std::uint64_t{1} << 62;

}  // namespace

// --- Pins

struct Contents::Pins {
  std::mutex mutex;
  std::unordered_map<Digest, std::size_t> counts;
  Unpinned unpinned;  // empty once the Contents are gone
};

Contents::Pin::Pin(std::shared_ptr<Pins> pins, const Digest& digest)
    : pins_(std::move(pins)), digest_(digest) {
  const std::lock_guard lock(pins_->mutex);
  ++pins_->counts[digest_];
}

Contents::Pin::~Pin() {
  if (!pins_) return;
  const std::lock_guard lock(pins_->mutex);
  const auto pin = pins_->counts.find(digest_);
  if (--pin->second > 0) return;
  pins_->counts.erase(pin);
  if (pins_->unpinned) pins_->unpinned(digest_);
}

Contents::Contents(store::ContentStore& files, const store::Backend& backend, Unpinned unpinned)
    : files_(files), backend_(backend), pins_(std::make_shared<Pins>()) {
  pins_->unpinned = std::move(unpinned);
}

Contents::~Contents() {
  const std::lock_guard lock(pins_->mutex);
  pins_->unpinned = nullptr;
}

// --- Files

Result<Contents::Pin> Contents::finish(store::ContentStore::Writer writer) {
  const std::shared_lock no_removal(removal_);
  const auto digest = writer.finish();
  if (!digest) return std::unexpected(digest.error());
  return Pin(pins_, *digest);
}

Result<Contents::Pin> Contents::put(std::string_view bytes) {
  auto writer = files_.create();
  if (!writer) return std::unexpected(writer.error());
  if (const auto appended = writer->append(bytes); !appended) {
    return std::unexpected(appended.error());
  }
  return finish(std::move(*writer));
}

Result<Contents::Pin> Contents::adopt(const std::filesystem::path& file) {
  const std::shared_lock no_removal(removal_);
  const auto digest = files_.adopt(file);
  if (!digest) return std::unexpected(digest.error());
  return Pin(pins_, *digest);
}

void Contents::remove_if_unused(const Digest& digest) {
  if (in_use(digest)) return;  // as nearly always: then arrivals need not wait
  const std::unique_lock no_arrival(removal_);
  if (in_use(digest)) return;
  if (const auto removed = files_.remove(digest); !removed) {
    spdlog::warn("cannot remove content {}: {}", digest.to_string(), removed.error().message);
  }
}

/// Whether something pins it or refers to it, by the last batch or by what is on disk, or may.
bool Contents::in_use(const Digest& digest) const {
  {
    // Pins first: what one of them was for has been counted when it goes.
    const std::lock_guard lock(pins_->mutex);
    if (pins_->counts.contains(digest)) return true;
  }
  const std::lock_guard lock(mutex_);
  const auto counts = [](const Result<ContentRecord>& counted) {
    return !counted || counted->references > 0;
  };
  return counts(record(digest)) || counts(stored(digest));
}

Result<> Contents::remove_all_unused() {
  std::vector<Digest> all;
  const Result<> listed = files_.for_each([&all](const Digest& digest) { all.push_back(digest); });
  for (const Digest& digest : all) remove_if_unused(digest);
  return listed;
}

// --- References

void Contents::refer(store::Batch& batch, std::uint64_t commit, const Digest& digest,
                     std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  ContentRecord counted = record(digest).value_or(ContentRecord{.references = kUncountable});
  counted.size = size;
  ++counted.references;
  write(batch, commit, digest, counted);
}

bool Contents::release(store::Batch& batch, std::uint64_t commit, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  Result<ContentRecord> counted = record(digest);
  if (!counted) return false;
  if (counted->references > 0) --counted->references;
  write(batch, commit, digest, *counted);
  return counted->references == 0;
}

void Contents::forget(std::uint64_t commit) {
  const std::lock_guard lock(mutex_);
  std::erase_if(fresh_, [commit](const auto& entry) { return entry.second.commit <= commit; });
}

/// What the last batch that touched it says; under the lock.
Result<ContentRecord> Contents::record(const Digest& digest) const {
  if (const auto found = fresh_.find(digest); found != fresh_.end()) return found->second.record;
  return stored(digest);
}

Result<ContentRecord> Contents::stored(const Digest& digest) const {
  const auto bytes = backend_.get(Table::content, digest.view());
  if (bytes && !*bytes) return ContentRecord{};
  Result<ContentRecord> counted = bytes ? decode_content(**bytes) : std::unexpected(bytes.error());
  if (!counted) {
    spdlog::error("content {} is kept for good, as its references cannot be counted: {}",
                  digest.to_string(), counted.error().message);
  }
  return counted;
}

void Contents::write(store::Batch& batch, std::uint64_t commit, const Digest& digest,
                     const ContentRecord& counted) {
  fresh_.insert_or_assign(digest, Fresh{counted, commit});
  if (counted.references > 0) {
    batch.put(Table::content, std::string(digest.view()), encode(counted));
  } else {
    batch.erase(Table::content, std::string(digest.view()));
  }
}

}  // namespace vcp::coordinator
