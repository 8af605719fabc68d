// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/listener.h>

#include <cstdarg>
#include <memory>
#include <mutex>
#include <utility>

#include "mark.hpp"

namespace vcp::store {

/// RocksDB's warnings and errors go to our log (warnings at level debug: those that matter come as
/// errors too), and it keeps no log files of its own: the RocksDB that Debian ships aborts the
/// process when it cannot write those because the disk is full.
class InfoLog final : public rocksdb::Logger {
 public:
  InfoLog() : Logger(rocksdb::WARN_LEVEL) {}

  using Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, va_list arguments) override;
};

/// Keeps RocksDB from writing again by itself after an error, as when the disk has room again: what
/// is on disk is only known after a restart.
class StayFailed final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* recover) override;
};

/// Carries every new list of table files into the mark. RocksDB calls it before it deletes the logs
/// and tables that the new list makes superfluous.
class ManifestWatch final : public rocksdb::EventListener {
 public:
  explicit ManifestWatch(std::shared_ptr<Mark> mark) : mark_(std::move(mark)) {}

  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override;
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& info) override;

 private:
  void update(const rocksdb::DB& db);

  std::mutex mutex_;
  std::shared_ptr<Mark> mark_;
};

}  // namespace vcp::store
