// SPDX-License-Identifier: Apache-2.0
#include "formats/binfile.hpp"

#include <algorithm>

namespace vcp::zk {
namespace {

constexpr std::uint32_t kMaxSections = 64;

}  // namespace

Result<BinFile> BinFile::parse(std::string_view bytes, std::string_view magic,
                               std::uint32_t version) {
  ByteReader in(bytes, "the file");
  in.expect(in.take(magic.size()) == magic, "is none of this kind");
  in.expect(in.u32() == version, "has a version that is not known");
  const std::uint32_t count = in.u32();
  in.expect(count <= kMaxSections, "has too many sections");
  BinFile file;
  for (std::uint32_t i = 0; i < count && !in.failed(); ++i) {
    const std::uint32_t id = in.u32();
    const std::uint64_t size = in.u64();
    in.expect(size <= in.remaining(), "ends within a section");
    in.expect(!file.section(id), "has a section twice");
    file.sections_.emplace_back(id, in.take(size));
  }
  if (auto whole = in.finish(); !whole) return std::unexpected(std::move(whole.error()));
  return file;
}

Result<std::string_view> BinFile::section(std::uint32_t id) const {
  const auto found =
      std::ranges::find(sections_, id, &std::pair<std::uint32_t, std::string_view>::first);
  if (found != sections_.end()) return found->second;
  return fail(Code::invalid, "the file has no section " + std::to_string(id));
}

std::uint32_t ByteReader::u32() {
  std::uint32_t value = 0;
  const std::string_view bytes = take(4);
  for (std::size_t i = bytes.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

std::uint64_t ByteReader::u64() {
  const std::uint64_t low = u32();
  return low | std::uint64_t{u32()} << 32;
}

std::string_view ByteReader::take(std::size_t size) {
  if (!expect(size <= rest_.size(), "ends too early")) return {};
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return taken;
}

bool ByteReader::expect(bool holds, std::string_view otherwise) {
  if (holds) return true;
  if (error_.empty()) error_ = name_ + " " + std::string(otherwise);
  rest_ = {};
  return false;
}

Result<> ByteReader::finish() const {
  if (!error_.empty()) return fail(Code::invalid, error_);
  if (!rest_.empty()) {
    return fail(Code::invalid, name_ + " has " + std::to_string(rest_.size()) + " bytes too many");
  }
  return {};
}

}  // namespace vcp::zk
