// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/contents.hpp"

#include <spdlog/spdlog.h>

namespace vcp::coordinator {

using store::Table;

Contents::Pin::~Pin() {
  if (!contents_) return;
  const std::lock_guard lock(contents_->mutex_);
  const auto pin = contents_->pins_.find(digest_);
  if (--pin->second == 0) contents_->pins_.erase(pin);
}

Result<Contents::Pin> Contents::finish(store::ContentStore::Writer writer) {
  const std::shared_lock no_removal(removal_);
  const auto digest = writer.finish();
  if (!digest) return std::unexpected(digest.error());
  const std::lock_guard lock(mutex_);
  ++pins_[*digest];
  return Pin(*this, *digest);
}

Result<Contents::Pin> Contents::put(std::string_view bytes) {
  auto writer = files_.create();
  if (!writer) return std::unexpected(writer.error());
  if (const auto appended = writer->append(bytes); !appended) {
    return std::unexpected(appended.error());
  }
  return finish(std::move(*writer));
}

void Contents::remove_if_unused(const Digest& digest) {
  const std::unique_lock no_arrival(removal_);
  {
    const std::lock_guard lock(mutex_);
    if (pins_.contains(digest) || record(digest).references > 0) return;
  }
  if (const auto removed = files_.remove(digest); !removed) {
    spdlog::warn("cannot remove content {}: {}", digest.to_string(), removed.error().message);
  }
}

void Contents::refer(store::Batch& batch, std::uint64_t commit, const Digest& digest,
                     std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  ContentRecord counted = record(digest);
  counted.size = size;
  ++counted.references;
  write(batch, commit, digest, counted);
}

bool Contents::release(store::Batch& batch, std::uint64_t commit, const Digest& digest) {
  const std::lock_guard lock(mutex_);
  ContentRecord counted = record(digest);
  if (counted.references > 0) --counted.references;
  write(batch, commit, digest, counted);
  return counted.references == 0;
}

void Contents::forget(std::uint64_t commit) {
  const std::lock_guard lock(mutex_);
  std::erase_if(fresh_, [commit](const auto& entry) { return entry.second.commit <= commit; });
}

/// What the last batch that touched it says; under the lock.
ContentRecord Contents::record(const Digest& digest) const {
  if (const auto found = fresh_.find(digest); found != fresh_.end()) return found->second.record;
  const auto stored = backend_.get(Table::content, digest.view());
  if (!stored || !*stored) return {};
  return decode_content(**stored).value_or(ContentRecord{});
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
