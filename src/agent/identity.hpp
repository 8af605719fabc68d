// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"

namespace vcp::agent {

/// What a node keeps of itself in its data directory, readable by nobody else:
///
/// - `node.token`: its own token, once it has one;
/// - `registration.nonce`: from before its first registration until it has a token. The
///   Idempotency-Key of that registration is made of it, so that a registration whose answer was
///   lost, even in a crash, is answered once more instead of refused.
class Identity {
 public:
  [[nodiscard]] static Result<Identity> open(std::filesystem::path data_dir);

  /// Empty if there is none yet.
  [[nodiscard]] const std::string& token() const { return token_; }

  /// Writes it durably, and forgets the nonce.
  [[nodiscard]] Result<> keep_token(std::string token);

  /// The same for the same body until a token is kept.
  [[nodiscard]] Result<std::string> registration_key(std::string_view body, Random& random);

 private:
  explicit Identity(std::filesystem::path data_dir) : data_dir_(std::move(data_dir)) {}

  std::filesystem::path data_dir_;
  std::string token_;
  std::string nonce_;
};

}  // namespace vcp::agent
