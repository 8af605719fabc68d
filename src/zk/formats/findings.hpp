// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/json.hpp"
#include "vcp/base/result.hpp"

namespace vcp::zk {

/// What is wrong with JSON from outside, told apart as the contract does: a value of the wrong
/// shape makes the request invalid, a value of the right shape that no proof has makes the proof
/// invalid.
class Findings {
 public:
  /// Missing, unknown, of the wrong type or length.
  void shape(std::string pointer, std::string detail);
  /// Of the right type, but not what a valid proof says. The first is kept.
  void flaw(std::string pointer, std::string detail);

  [[nodiscard]] bool empty() const { return errors_.empty() && flaw_.empty(); }
  [[nodiscard]] const std::string& first_flaw() const { return flaw_; }

  /// `invalid` with every error of shape; nothing if there are none.
  [[nodiscard]] Result<> shapes() const;

 private:
  static constexpr std::size_t kMaxKept = 200;

  std::vector<FieldError> errors_;
  std::string flaw_;
};

/// Members that must be there, and may not, of an object. Notes what is no object.
class Members {
 public:
  Members(const json::Value& object, std::string pointer, Findings& findings);

  /// The member, noted if missing.
  [[nodiscard]] std::optional<json::Value> required(std::string_view name);
  /// A member that must be a string; noted if it is none.
  [[nodiscard]] std::optional<std::string> text(std::string_view name);
  /// A member that must be a string of base64.
  [[nodiscard]] std::optional<std::string> base64(std::string_view name);
  [[nodiscard]] std::optional<json::Value> optional(std::string_view name);

  /// Notes every member that was not asked for.
  void refuse_others();

  [[nodiscard]] std::string pointer(std::string_view name) const;

 private:
  json::Value object_;
  std::string pointer_;
  Findings& findings_;
  std::vector<std::string_view> asked_;
};

}  // namespace vcp::zk
