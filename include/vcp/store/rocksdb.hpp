// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>

#include "vcp/base/result.hpp"
#include "vcp/store/backend.hpp"

namespace vcp::store {

struct RocksOptions {
  /// Open although acknowledged commits are missing or the log is damaged in its middle; what is
  /// lost is said in the log. Only ever because a person asked for it.
  bool accept_data_loss = false;
};

/// Opens the store in `directory`, creating it if it is not there (for its owner alone).
///
/// Fails, with words for a person, if another process has it open or another version wrote it
/// (`conflict`), or if it is damaged or commits that were acknowledged are missing (`corrupt`); it
/// stays as it was then. docs/storage.md says how damage is noticed.
[[nodiscard]] Result<std::unique_ptr<Backend>> open_rocksdb(const std::filesystem::path& directory,
                                                            const RocksOptions& options = {});

}  // namespace vcp::store
