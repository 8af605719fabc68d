// SPDX-License-Identifier: Apache-2.0
#include "rocks_database.hpp"

#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "rocks_events.hpp"

namespace vcp::store {
namespace {

constexpr std::size_t kMiB = 1 << 20;
constexpr std::size_t kBlockCacheBytes = 64 * kMiB;
constexpr std::size_t kMemtableBytes = 32 * kMiB;
constexpr std::size_t kAllMemtablesBytes = 128 * kMiB;
constexpr std::size_t kLogBytes = 256 * kMiB;
constexpr std::size_t kManifestBytes = kMiB;
constexpr int kOpenFiles = 512;
constexpr int kFilterBitsPerKey = 10;

/// The column family of each Table. The first one is there in every RocksDB.
constexpr std::array<const char*, kTables> kNames = {
    "default",  "nodes",  "active",  "finished",    "by_owner",   "dead",        "tokens",
    "modules",  "blobs",  "content", "idempotency", "events",     "log_entries", "log_tiles",
    "circuits", "proofs", "fl_jobs", "fl_rounds",   "fl_updates", "receipts"};

rocksdb::CompressionType compression() {
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  const bool has_lz4 = std::ranges::find(supported, rocksdb::kLZ4Compression) != supported.end();
  return has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
}

rocksdb::ColumnFamilyOptions column_family_options() {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kFilterBitsPerKey));
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = kMemtableBytes;
  options.max_write_buffer_number = 4;
  options.level_compaction_dynamic_level_bytes = true;
  options.compression = compression();
  return options;
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_families() {
  const rocksdb::ColumnFamilyOptions options = column_family_options();
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : kNames) families.emplace_back(name, options);
  return families;
}

Error not_opened(const rocksdb::Status& status, const std::filesystem::path& path) {
  return to_error(status, "the store in " + path.string() + " does not open");
}

}  // namespace

Database::Database(Database&& other) noexcept
    : db(std::move(other.db)), tables(std::exchange(other.tables, {})) {}

Database::~Database() {
  for (rocksdb::ColumnFamilyHandle* table : tables) {
    const rocksdb::Status status = db->DestroyColumnFamilyHandle(table);
    status.PermitUncheckedError();  // frees the handle whatever it says
  }
}

rocksdb::ColumnFamilyHandle* Database::operator[](Table table) const {
  return tables.at(std::to_underlying(table));
}

rocksdb::DBOptions database_options() {
  rocksdb::DBOptions options;
  // A record torn at the end was never acknowledged; damage before the end is refused.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // All tables reach their files together, so none is ever ahead of the commit number in `meta`.
  options.atomic_flush = true;
  options.paranoid_checks = true;
  options.max_bgerror_resume_count = 0;
  options.listeners.push_back(std::make_shared<StayFailed>());
  options.info_log = std::make_shared<InfoLog>();

  options.allow_concurrent_memtable_write = false;  // there is one writer
  options.allow_fallocate = false;  // a disk is full when it is, not some megabytes of log later
  options.max_background_jobs = 2;
  options.bytes_per_sync = kMiB;  // table files reach the disk bit by bit, so no sync waits long

  options.db_write_buffer_size = kAllMemtablesBytes;
  options.max_total_wal_size = kLogBytes;
  options.max_manifest_file_size = kManifestBytes;
  options.max_open_files = kOpenFiles;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

Result<Database> open_database(const std::filesystem::path& path,
                               const rocksdb::DBOptions& options) {
  Database database;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::Open(options, path, column_families(), &database.tables, &db);
  database.db.reset(db);
  if (!status.ok()) return std::unexpected(not_opened(status, path));
  return database;
}

Result<std::unique_ptr<rocksdb::DB>> open_meta(const std::filesystem::path& path,
                                               const rocksdb::DBOptions& options) {
  rocksdb::DB* db = nullptr;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(rocksdb::Options(options, column_family_options()), path, &db);
  if (!status.ok()) return std::unexpected(not_opened(status, path));
  return std::unique_ptr<rocksdb::DB>(db);
}

Error to_error(const rocksdb::Status& status, std::string_view what) {
  Code code = Code::corrupt;
  if (status.IsIOError() && !status.IsPathNotFound()) code = Code::io;
  if (status.IsNoSpace()) code = Code::no_space;
  return {.code = code, .message = std::string(what) + ": " + status.ToString()};
}

}  // namespace vcp::store
