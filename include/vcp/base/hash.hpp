// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace vcp {

/// A SHA-256 digest (FIPS 180-4). As text it is "sha256:" and 64 lower-case hex digits.
struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  friend auto operator<=>(const Digest&, const Digest&) = default;

  [[nodiscard]] std::string to_string() const;
  [[nodiscard]] static std::optional<Digest> parse(std::string_view text);
  [[nodiscard]] std::string hex() const;

  /// The 32 bytes as a string view, for keys and signatures.
  [[nodiscard]] std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

[[nodiscard]] Digest sha256(std::string_view bytes);

/// SHA-256 of bytes that come in parts.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);

  /// The digest of all that was given. The object is used up.
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Whether two secrets are equal, in time that does not depend on where they differ.
[[nodiscard]] bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace vcp

template <>
struct std::hash<vcp::Digest> {
  std::size_t operator()(const vcp::Digest& digest) const noexcept {
    std::size_t value = 0;
    std::memcpy(&value, digest.bytes.data(), sizeof value);
    return value;
  }
};
