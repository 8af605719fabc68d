// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "file.hpp"
#include "vcp/base/result.hpp"
#include "vcp/fl/parallel.hpp"
#include "vcp/fl/safetensors.hpp"

namespace vcp::fl {

/// Consecutive parameters of one tensor: what is worked on at a time.
struct Tile {
  std::size_t tensor;   ///< its place in the layout of the global model
  std::uint64_t first;  ///< element within the tensor
  std::size_t count;
  std::size_t index;  ///< its place among all tiles
};

/// Cuts every tensor into tiles of at most `max_count` elements.
[[nodiscard]] std::vector<Tile> cut_into_tiles(const Layout& layout, std::size_t max_count);

/// Tiles are handed to threads in at most this many runs of consecutive ones. Fixed, so that sums
/// over a run, added in the order of the runs, do not depend on the number of threads.
inline constexpr std::size_t kMaxRuns = 64;

using RunBody = std::function<Result<>(std::size_t run, std::span<const Tile> tiles)>;

/// Calls `body` for each of at most `max_runs` runs, in parallel; the error of the first run, in
/// their order, that had one.
[[nodiscard]] Result<> for_each_run(const ParallelFor& parallel, std::span<const Tile> tiles,
                                    std::size_t max_runs, const RunBody& body);

/// A safetensors file whose tensors are those of `expected` in any order. Any thread.
class ModelFile {
 public:
  /// Whatever the file holds.
  [[nodiscard]] static Result<ModelFile> open(const std::filesystem::path& path);

  /// `invalid` unless it has the tensors of `expected`, in whose order tiles are then numbered.
  [[nodiscard]] static Result<ModelFile> open(const std::filesystem::path& path,
                                              const Layout& expected);

  [[nodiscard]] const Layout& layout() const { return layout_; }

  /// The elements of a tile as they are in the file.
  [[nodiscard]] Result<> read(const Tile& tile, std::span<char> out) const;

 private:
  ModelFile(File file, Layout layout);

  File file_;
  Layout layout_;
  std::vector<std::uint64_t> begins_;  // where each tensor of the expected layout starts
};

/// Writes a safetensors file in any order of tiles; it has its name once it is whole and synced,
/// and is gone if dropped before. Writes may overlap in time.
class NewModelFile {
 public:
  [[nodiscard]] static Result<NewModelFile> create(const std::filesystem::path& path,
                                                   const Layout& layout);
  NewModelFile(NewModelFile&&) noexcept = default;
  NewModelFile& operator=(NewModelFile&&) = delete;
  ~NewModelFile();

  [[nodiscard]] Result<> write(const Tile& tile, std::string_view elements);
  [[nodiscard]] Result<> commit();

 private:
  NewModelFile(std::filesystem::path path, File file, const Layout& layout)
      : path_(std::move(path)), file_(std::move(file)), layout_(layout) {}

  [[nodiscard]] static std::filesystem::path unfinished(const std::filesystem::path& path);

  std::filesystem::path path_;  // empty once moved from or committed
  File file_;
  Layout layout_;
};

}  // namespace vcp::fl
