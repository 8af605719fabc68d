// SPDX-License-Identifier: Apache-2.0
#include "disk.hpp"

#include <utility>

#include "vcp/base/big_endian.hpp"
#include "vcp/base/hash.hpp"

namespace vcp::sim {
namespace {

constexpr std::size_t kSector = 64;  // small, so that most records take several
constexpr std::size_t kChecksum = 8;

void append_text(std::string& out, std::string_view text) {
  append_u64(out, text.size());
  out.append(text);
}

std::string_view take_text(std::string_view& rest) {
  const std::size_t size = read_u64(rest);
  const std::string_view text = rest.substr(8, size);
  rest.remove_prefix(8 + size);
  return text;
}

}  // namespace

std::string to_log(const store::Batch& batch) {
  std::string writes;
  batch.for_each([&writes](const store::Batch::Write& write) {
    writes.push_back(static_cast<char>(write.table));
    writes.push_back(write.erase ? '\1' : '\0');
    append_text(writes, write.key);
    append_text(writes, write.value);
  });
  std::string record;
  append_u64(record, writes.size());
  record.append(sha256(writes).view().substr(0, kChecksum)).append(writes);
  return record;
}

std::optional<store::Batch> from_log(std::string_view bytes) {
  constexpr std::size_t kHead = 8 + kChecksum;
  if (bytes.size() < kHead || read_u64(bytes) != bytes.size() - kHead) return std::nullopt;
  std::string_view rest = bytes.substr(kHead);
  if (bytes.substr(8, kChecksum) != sha256(rest).view().substr(0, kChecksum)) return std::nullopt;
  store::Batch batch;
  while (!rest.empty()) {
    const auto table = static_cast<store::Table>(rest[0]);
    const bool erase = rest[1] != '\0';
    rest.remove_prefix(2);
    const std::string_view key = take_text(rest);
    const std::string_view value = take_text(rest);
    if (erase) {
      batch.erase(table, key);
    } else {
      batch.put(table, key, value);
    }
  }
  return batch;
}

Result<> Disk::commit(const store::Batch& batch) {
  if (failed_) return fail(Code::io, "the disk failed before");
  unsynced_ = to_log(batch);
  if (std::exchange(sync_fails_, false)) {
    failed_ = true;
    return fail(Code::io, "the disk refused to sync");
  }
  unsynced_.clear();
  return synced_.commit(batch);
}

void Disk::restart(bool power_lost) {
  if (power_lost) lose_sectors();
  if (const auto record = from_log(std::exchange(unsynced_, {}))) {
    static_cast<void>(synced_.commit(*record));
  }
  failed_ = sync_fails_ = false;
}

void Disk::lose_sectors() {
  const std::uint64_t odds = random_.below(4);  // all are kept, none is, or each as it happens
  if (odds == 0) return;
  for (std::size_t at = 0; at < unsynced_.size(); at += kSector) {
    const std::size_t size = std::min(kSector, unsynced_.size() - at);
    if (odds == 1 || random_.below(4) == 0) unsynced_.replace(at, size, size, '\0');
  }
  if (random_.below(3) == 0) unsynced_.resize(random_.below(unsynced_.size() + 1));
}

}  // namespace vcp::sim
