// SPDX-License-Identifier: Apache-2.0
#include "model_file.hpp"

#include <algorithm>
#include <cassert>
#include <map>
#include <string_view>
#include <utility>

namespace vcp::fl {

std::vector<Tile> cut_into_tiles(const Layout& layout, std::size_t max_count) {
  std::vector<Tile> tiles;
  for (std::size_t i = 0; i < layout.tensors.size(); ++i) {
    const std::uint64_t elements = layout.tensors[i].elements();
    for (std::uint64_t first = 0; first < elements; first += max_count) {
      const std::uint64_t count = std::min<std::uint64_t>(max_count, elements - first);
      tiles.push_back({i, first, static_cast<std::size_t>(count), tiles.size()});
    }
  }
  return tiles;
}

Result<> for_each_run(const ParallelFor& parallel, std::span<const Tile> tiles,
                      std::size_t max_runs, const RunBody& body) {
  const std::size_t runs = std::min(max_runs, tiles.size());
  std::vector<Result<>> results(runs);
  parallel(runs, [&](std::size_t run) {
    const std::size_t begin = tiles.size() * run / runs;
    const std::size_t end = tiles.size() * (run + 1) / runs;
    results[run] = body(run, tiles.subspan(begin, end - begin));
  });
  const auto failed = std::ranges::find_if(results, [](const auto& result) { return !result; });
  return failed == results.end() ? Result<>() : std::move(*failed);
}

ModelFile::ModelFile(File file, Layout layout)
    : file_(std::move(file)), layout_(std::move(layout)) {
  for (const Tensor& tensor : layout_.tensors) begins_.push_back(tensor.begin);
}

Result<ModelFile> ModelFile::open(const std::filesystem::path& path) {
  Result<File> file = File::open_to_read(path);
  if (!file) return std::unexpected(std::move(file.error()));
  std::string bytes(kLengthBytes, '\0');
  if (auto read = file->read_at(0, bytes); !read) return std::unexpected(std::move(read.error()));
  const Result<std::uint64_t> length = parse_header_length(bytes);
  if (!length) return std::unexpected(length.error());
  bytes.resize(*length);
  if (auto read = file->read_at(kLengthBytes, bytes); !read) {
    return std::unexpected(std::move(read.error()));
  }
  Result<Layout> layout = parse_header(bytes);
  if (!layout) return std::unexpected(std::move(layout.error()));
  const Result<std::uint64_t> size = file->size();
  if (!size) return std::unexpected(size.error());
  if (*size != layout->file_bytes()) {
    return fail(Code::invalid, path.string() + " is not as long as its header says");
  }
  return ModelFile(std::move(*file), std::move(*layout));
}

Result<ModelFile> ModelFile::open(const std::filesystem::path& path, const Layout& expected) {
  Result<ModelFile> file = open(path);
  if (!file) return file;
  if (auto same = check_same_tensors(expected, file->layout_); !same) {
    return std::unexpected(std::move(same.error()));
  }
  std::map<std::string_view, std::uint64_t> begins;
  for (const Tensor& tensor : file->layout_.tensors) begins.emplace(tensor.name, tensor.begin);
  std::ranges::transform(expected.tensors, file->begins_.begin(),
                         [&](const Tensor& tensor) { return begins.at(tensor.name); });
  return file;
}

Result<> ModelFile::read(const Tile& tile, std::span<char> out) const {
  const std::size_t width = out.size() / tile.count;
  return file_.read_at(layout_.data_begin() + begins_[tile.tensor] + tile.first * width, out);
}

std::filesystem::path NewModelFile::unfinished(const std::filesystem::path& path) {
  return path.string() + ".unfinished";
}

Result<NewModelFile> NewModelFile::create(const std::filesystem::path& path, const Layout& layout) {
  Result<File> file = File::create(unfinished(path));
  if (!file) return std::unexpected(std::move(file.error()));
  NewModelFile made(path, std::move(*file), layout);
  if (auto written = made.file_.write_at(0, write_header(layout)); !written) {
    return std::unexpected(std::move(written.error()));
  }
  return made;
}

NewModelFile::~NewModelFile() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove(unfinished(path_), ignored);
}

Result<> NewModelFile::write(const Tile& tile, std::string_view elements) {
  const Tensor& tensor = layout_.tensors[tile.tensor];
  assert(elements.size() == tile.count * size_of(tensor.dtype));
  return file_.write_at(layout_.data_begin() + tensor.begin + tile.first * size_of(tensor.dtype),
                        elements);
}

Result<> NewModelFile::commit() {
  if (auto synced = file_.sync(); !synced) return synced;
  if (auto renamed = rename_durably(unfinished(path_), path_); !renamed) return renamed;
  path_.clear();
  return {};
}

}  // namespace vcp::fl
