// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"

namespace vcp::api {

/// A queue of bytes, in memory while it is short and then in a file without a name, which grows to
/// 1 GiB at most until it is empty again.
class Spool {
 public:
  explicit Spool(std::filesystem::path directory) : directory_(std::move(directory)) {}
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  /// `no_space` if the file is full.
  [[nodiscard]] Result<> push(std::string_view bytes);

  /// What was pushed first, a part of it; empty if there is nothing.
  [[nodiscard]] Result<std::string> pop();

  [[nodiscard]] bool empty() const { return memory_.empty() && file_size() == 0; }

 private:
  static constexpr std::size_t kMaxMemory = std::size_t{4} << 20;
  static constexpr std::uint64_t kMaxFile = std::uint64_t{1} << 30;
  static constexpr std::size_t kPart = std::size_t{256} << 10;

  [[nodiscard]] std::uint64_t file_size() const { return written_ - read_; }
  [[nodiscard]] Result<> push_to_file(std::string_view bytes);

  std::filesystem::path directory_;
  std::string memory_;  ///< older than what is in the file
  int file_ = -1;
  std::uint64_t read_ = 0;
  std::uint64_t written_ = 0;
};

}  // namespace vcp::api
