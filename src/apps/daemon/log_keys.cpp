// SPDX-License-Identifier: Apache-2.0
#include "log_keys.hpp"

#include <array>
#include <fstream>
#include <utility>

#include "secret_file.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::daemon {

namespace fs = std::filesystem;

namespace {

/// Unlike that of any other log.
std::string make_name(Random& random) {
  std::array<std::byte, 8> bits;
  random.fill(bits);
  return "ambient-vcp/" + to_hex({reinterpret_cast<const char*>(bits.data()), bits.size()});
}

}  // namespace

Result<std::vector<log::SignerKey>> read_log_keys(const fs::path& file) {
  std::vector<log::SignerKey> keys;
  std::error_code error;
  if (!fs::exists(file, error)) return keys;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    if (line.empty()) continue;
    auto key = log::SignerKey::parse(line);
    if (!key) return fail(Code::malformed, file.string() + ": " + key.error().message);
    if (!keys.empty() && key->verifier().name != keys.front().verifier().name) {
      return fail(Code::invalid, file.string() + ": all keys of a log must have one name");
    }
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return fail(Code::malformed, file.string() + ": there is no key in it");
  return keys;
}

Result<std::vector<log::SignerKey>> add_log_key(const fs::path& file, const std::string& name,
                                                Random& random) {
  auto keys = read_log_keys(file);
  if (!keys) return keys;
  std::string of = name.empty() ? make_name(random) : name;
  if (!keys->empty()) of = keys->front().verifier().name;
  auto added = log::SignerKey::generate(std::move(of), random);
  if (!added) return std::unexpected(std::move(added.error()));
  keys->push_back(std::move(*added));
  std::string lines;
  for (const log::SignerKey& key : *keys) lines += key.to_string() + '\n';
  if (const Result<> written = write_secret(file, lines); !written) {
    return std::unexpected(written.error());
  }
  return keys;
}

}  // namespace vcp::daemon
