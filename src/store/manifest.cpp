// SPDX-License-Identifier: Apache-2.0
#include "manifest.hpp"

#include <fcntl.h>

#include <charconv>
#include <string>
#include <string_view>

#include "file.hpp"

namespace vcp::store {
namespace {

constexpr std::string_view kPrefix = "MANIFEST-";
constexpr std::size_t kMaxNameBytes = 64;

/// The name of the list in use, as the file CURRENT has it.
Result<std::string> current_name(const std::filesystem::path& store) {
  const Result<File> current = File::open(store / "CURRENT", O_RDONLY);
  if (!current) return fail(Code::corrupt, current.error().message);
  Result<std::string> name = current->read_at(0, kMaxNameBytes);
  if (!name) return name;
  if (!name->starts_with(kPrefix) || !name->ends_with('\n')) {
    return fail(Code::corrupt, (store / "CURRENT").string() + " is damaged");
  }
  name->pop_back();
  return name;
}

std::uint64_t number_in(std::string_view name) {
  std::uint64_t number = 0;
  std::from_chars(name.data() + kPrefix.size(), name.data() + name.size(), number);
  return number;
}

/// What the first `size` bytes of the list are, or all of it if it is shorter.
Result<Manifest> read_list(const File& file, std::uint64_t number, std::uint64_t size) {
  const Result<std::string> bytes = file.read_at(0, size);
  if (!bytes) return std::unexpected(bytes.error());
  return Manifest{.number = number, .size = bytes->size(), .digest = sha256(*bytes)};
}

}  // namespace

Result<Manifest> read_manifest(const std::filesystem::path& store) {
  const Result<std::string> name = current_name(store);
  if (!name) return std::unexpected(name.error());
  Result<File> file = File::open(store / *name, O_RDONLY);
  if (!file) return std::unexpected(file.error());
  const Result<std::uint64_t> size = file->size();
  if (!size) return std::unexpected(size.error());
  const Result<Manifest> manifest = read_list(*file, number_in(*name), *size);
  if (const Result<> synced = file->sync(); !synced) return std::unexpected(synced.error());
  return manifest;
}

Result<> check_manifest(const std::filesystem::path& store, const Manifest& known) {
  const Result<std::string> name = current_name(store);
  if (!name) return std::unexpected(name.error());
  const std::uint64_t number = number_in(*name);
  if (number > known.number) return {};
  const Result<File> file = File::open(store / *name, O_RDONLY);
  if (!file) return fail(Code::corrupt, file.error().message);
  const Result<Manifest> found = read_list(*file, number, known.size);
  if (!found) return std::unexpected(found.error());
  const bool same = number == known.number && found->digest == known.digest;
  if (!same) return fail(Code::corrupt, (store / *name).string() + " is cut or damaged");
  return {};
}

}  // namespace vcp::store
