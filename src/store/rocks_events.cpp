// SPDX-License-Identifier: Apache-2.0
#include "rocks_events.hpp"

#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>
#include <string_view>

namespace vcp::store {

void InfoLog::Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (level < rocksdb::WARN_LEVEL || level > rocksdb::FATAL_LEVEL) return;
  std::array<char, 1024> line;
  std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string_view text = line.data();
  while (text.ends_with('\n')) text.remove_suffix(1);
  spdlog::log(level == rocksdb::WARN_LEVEL ? spdlog::level::debug : spdlog::level::err,
              "RocksDB: {}", text);
}

void StayFailed::OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/,
                                      rocksdb::Status /*error*/, bool* recover) {
  *recover = false;
}

void ManifestWatch::OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& /*info*/) {
  update(*db);
}

void ManifestWatch::OnCompactionCompleted(rocksdb::DB* db,
                                          const rocksdb::CompactionJobInfo& /*info*/) {
  update(*db);
}

void ManifestWatch::update(const rocksdb::DB& db) {
  const std::lock_guard lock(mutex_);
  const Result<Manifest> manifest = read_manifest(db.GetName());
  const Result<> written =
      manifest ? mark_->write_manifest(*manifest) : std::unexpected(manifest.error());
  if (!written)
    spdlog::error("the mark of the store is not up to date: {}", written.error().message);
}

}  // namespace vcp::store
