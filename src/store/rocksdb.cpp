// SPDX-License-Identifier: Apache-2.0
#include "vcp/store/rocksdb.hpp"

#include <spdlog/spdlog.h>

#include <cassert>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "commit_chain.hpp"
#include "file.hpp"
#include "inspection.hpp"
#include "mark.hpp"
#include "rocks_backend.hpp"
#include "rocks_database.hpp"
#include "rocks_events.hpp"

namespace vcp::store {
namespace {

namespace fs = std::filesystem;

/// What the mark says: nothing if the file is new, an error if it is damaged.
using Marked = Result<std::optional<Mark::Contents>>;

/// Puts an empty store of the present format into the empty directory `path`.
Result<> create_in(const fs::path& path) {
  rocksdb::DBOptions options = database_options();
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  const Result<Database> database = open_database(path, options);
  if (!database) return std::unexpected(database.error());
  rocksdb::Status status =
      database->db->Put(rocksdb::WriteOptions(), to_slice(kFormatKey), to_slice(kFormat));
  // Into a table file, where it is read before any log is.
  if (status.ok()) status = database->db->Flush(rocksdb::FlushOptions());
  if (!status.ok()) return std::unexpected(to_error(status, "cannot write a new store"));
  return {};
}

/// Makes the store under another name first, so that it is there whole or not at all.
Result<> create(const fs::path& store) {
  const fs::path unfinished = store.string() + ".new";
  if (const Result<> removed = remove_path(unfinished); !removed) return removed;
  if (const Result<> made = make_directory(unfinished); !made) return made;
  if (const Result<> created = create_in(unfinished); !created) return created;
  return rename_durably(unfinished, store);
}

/// Sets the mark, durably.
Result<> set_mark(Mark& mark, const Mark::Contents& contents, const fs::path& directory) {
  if (const Result<> set = mark.write_commit(contents.commit); !set) return set;
  if (const Result<> set = mark.write_manifest(contents.manifest); !set) return set;
  if (const Result<> synced = mark.sync(); !synced) return synced;
  return sync_directory(directory);
}

/// A store is created where there was none, not where one has gone.
Result<> may_create(const fs::path& store, const Marked& marked) {
  const bool is_new = marked && (!*marked || (*marked)->manifest.number == 0);
  if (is_new) return {};
  return fail(Code::corrupt, store.string() + " is gone, although there was a store");
}

/// Whether it is known what must be there, and the list of table files is whole.
Result<> check_files(const fs::path& store, const Marked& marked) {
  if (!marked) return std::unexpected(marked.error());
  if (!*marked) {
    return fail(
        Code::corrupt,
        "the file \"acknowledged\" beside the store is gone or empty, so it cannot be known "
        "whether acknowledged commits are missing");
  }
  return check_manifest(store, (*marked)->manifest);
}

/// Whether all is there that was acknowledged.
Result<> check_commits(const Inspection& found, std::uint64_t acknowledged) {
  if (acknowledged > found.last) {
    return fail(Code::corrupt,
                "the store is damaged: " + std::to_string(acknowledged - found.last) +
                    " acknowledged commits are missing, from number " +
                    std::to_string(found.last + 1) + " to number " + std::to_string(acknowledged));
  }
  if (found.hole) {
    return fail(Code::corrupt, "the store is damaged: commits are missing after number " +
                                   std::to_string(found.last) + ", although later ones are there");
  }
  return {};
}

/// What is known to be lost once the store is open and ends with commit `last`.
std::string loss(const Result<>& files, const Marked& marked, std::uint64_t last) {
  if (!files)
    return "how much that was acknowledged is lost cannot be known: " + files.error().message;
  const std::uint64_t acknowledged = (*marked)->commit;
  if (acknowledged <= last) return "no commit known to be acknowledged is lost";
  return std::to_string(acknowledged - last) + " acknowledged commits are lost";
}

/// Opens the store in a directory whose mark is locked. Nothing on disk changes unless every check
/// before has passed or its failure is accepted.
class Opening {
 public:
  Opening(const fs::path& directory, std::shared_ptr<Mark> mark, const RocksOptions& options)
      : directory_(directory),
        store_(directory / "rocksdb"),
        mark_(std::move(mark)),
        marked_(mark_->read()),
        accept_loss_(options.accept_data_loss) {
    if (accept_loss_) options_.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  }

  Result<std::unique_ptr<Backend>> run() {
    const Result<Inspection> found = exists() ? look() : create_new();
    if (!found) return std::unexpected(found.error());
    Result<Database> database = open(*found);
    if (!database) return std::unexpected(database.error());
    if (const Result<> set = renew_mark(*database->db, *found); !set) {
      return std::unexpected(set.error());
    }
    return std::make_unique<RocksBackend>(mark_, std::move(*database));
  }

 private:
  [[nodiscard]] bool exists() const {
    std::error_code error;
    return fs::exists(store_, error);
  }

  Result<Inspection> look() {
    files_ = check_files(store_, marked_);
    if (!files_ && !accept_loss_) return std::unexpected(files_.error());
    Result<Inspection> found = inspect(store_, options_);
    if (!found || accept_loss_) return found;
    if (const Result<> all = check_commits(*found, (*marked_)->commit); !all) {
      return std::unexpected(all.error());
    }
    return found;
  }

  Result<Inspection> create_new() {
    files_ = may_create(store_, marked_);
    if (!files_ && !accept_loss_) return std::unexpected(files_.error());
    // The mark first: a store without one is refused.
    if (const Result<> set = set_mark(*mark_, {}, directory_); !set) {
      return std::unexpected(set.error());
    }
    if (const Result<> created = create(store_); !created) {
      return std::unexpected(created.error());
    }
    marked_ = mark_->read();
    return Inspection{};
  }

  /// All that was found, or what stands before the first hole.
  Result<Database> open(const Inspection& found) {
    CommitChain chain(found.stored);
    rocksdb::DBOptions options = options_;
    options.listeners.push_back(std::make_shared<ManifestWatch>(mark_));
    if (accept_loss_) options.wal_filter = &chain;
    return open_database(store_, options);
  }

  Result<> renew_mark(rocksdb::DB& db, const Inspection& found) {
    const Result<std::uint64_t> last = stored_commit(db);
    if (!last) return std::unexpected(last.error());
    assert(accept_loss_ || *last >= found.last);
    if (accept_loss_) {
      spdlog::error("opened with --accept-data-loss: the store ends with commit {}; {}", *last,
                    loss(files_, marked_, *last));
    }
    const Result<Manifest> manifest = read_manifest(store_);
    if (!manifest) return std::unexpected(manifest.error());
    return set_mark(*mark_, {.commit = *last, .manifest = *manifest}, directory_);
  }

  fs::path directory_;
  fs::path store_;
  std::shared_ptr<Mark> mark_;
  Marked marked_;
  bool accept_loss_;
  Result<> files_;  // what check_files or may_create said
  rocksdb::DBOptions options_ = database_options();
};

/// Adds to damage what a person can do about it.
Error advise(Error error, const RocksOptions& options) {
  if (error.code != Code::corrupt) return error;
  error.message += options.accept_data_loss
                       ? ". Nothing can be saved by opening it: restore a backup."
                       : ". Restore a backup, or start with --accept-data-loss to go on with what "
                         "is left before the damage.";
  return error;
}

}  // namespace

Result<std::unique_ptr<Backend>> open_rocksdb(const fs::path& directory,
                                              const RocksOptions& options) {
  if (const Result<> made = make_directory(directory); !made) return std::unexpected(made.error());
  Result<Mark> mark = Mark::open(directory / "acknowledged");
  if (!mark) return std::unexpected(mark.error());
  Result<std::unique_ptr<Backend>> opened =
      Opening(directory, std::make_shared<Mark>(std::move(*mark)), options).run();
  if (!opened) return std::unexpected(advise(opened.error(), options));
  return opened;
}

}  // namespace vcp::store
