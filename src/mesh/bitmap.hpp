// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace vcp::mesh {

/// A set of small integers that finds its next member in as many steps as it has levels: each bit
/// of a level says whether a word of the level below has any (a van Emde Boas tree of 64 ways).
class Bitmap {
 public:
  void set(std::size_t at) {
    grow(at + 1);
    for (auto& level : levels_) {
      std::uint64_t& word = level[at / 64];
      const bool had_any = word != 0;
      word |= bit(at);
      if (had_any) return;
      at /= 64;
    }
  }

  void reset(std::size_t at) {
    if (!test(at)) return;
    for (auto& level : levels_) {
      std::uint64_t& word = level[at / 64];
      word &= ~bit(at);
      if (word != 0) return;
      at /= 64;
    }
  }

  [[nodiscard]] bool test(std::size_t at) const {
    return !levels_.empty() && at / 64 < levels_[0].size() && (levels_[0][at / 64] & bit(at)) != 0;
  }

  /// The first member that is not less than `from`.
  [[nodiscard]] std::optional<std::size_t> next(std::size_t from) const {
    for (std::size_t height = 0; height < levels_.size(); ++height) {
      const std::size_t word = from / 64;
      if (word >= levels_[height].size()) return std::nullopt;
      const std::uint64_t left = levels_[height][word] >> from % 64;
      if (left != 0)
        return descend(height, from + static_cast<std::size_t>(std::countr_zero(left)));
      from = word + 1;
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::size_t> first() const { return next(0); }

 private:
  static constexpr std::uint64_t bit(std::size_t at) { return std::uint64_t{1} << at % 64; }

  /// The first member below the bit `at` of a level.
  [[nodiscard]] std::size_t descend(std::size_t height, std::size_t at) const {
    for (; height > 0; --height) {
      at = at * 64 + static_cast<std::size_t>(std::countr_zero(levels_[height - 1][at]));
    }
    return at;
  }

  void grow(std::size_t size) {
    std::size_t words = (size + 63) / 64;
    if (!levels_.empty() && words <= levels_[0].size()) return;
    for (std::size_t height = 0;; ++height) {
      if (height == levels_.size()) levels_.emplace_back();
      const bool is_new_top = levels_[height].empty() && height > 0;
      levels_[height].resize(words);
      if (is_new_top) summarize(height);
      if (words == 1) return;
      words = (words + 63) / 64;
    }
  }

  void summarize(std::size_t height) {
    for (std::size_t word = 0; word < levels_[height - 1].size(); ++word) {
      if (levels_[height - 1][word] != 0) levels_[height][word / 64] |= bit(word);
    }
  }

  std::vector<std::vector<std::uint64_t>> levels_;  // members first
};

}  // namespace vcp::mesh
