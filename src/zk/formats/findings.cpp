// SPDX-License-Identifier: Apache-2.0
#include "formats/findings.hpp"

#include <algorithm>
#include <utility>

#include "vcp/base/encoding.hpp"

namespace vcp::zk {

using json::Kind;
using json::Value;

void Findings::shape(std::string pointer, std::string detail) {
  if (errors_.size() < kMaxKept) errors_.push_back({std::move(pointer), std::move(detail)});
}

void Findings::flaw(std::string pointer, std::string detail) {
  if (flaw_.empty()) flaw_ = std::move(pointer) + ": " + std::move(detail);
}

Result<> Findings::shapes() const {
  if (errors_.empty()) return {};
  std::string message = errors_.front().pointer + ": " + errors_.front().detail;
  if (errors_.size() > 1) message += ", and " + std::to_string(errors_.size() - 1) + " more";
  return std::unexpected(
      Error{.code = Code::invalid, .message = std::move(message), .fields = errors_});
}

Members::Members(const Value& object, std::string pointer, Findings& findings)
    : object_(object), pointer_(std::move(pointer)), findings_(findings) {
  if (!object_.is(Kind::object)) findings_.shape(pointer_, "must be an object");
}

std::optional<Value> Members::optional(std::string_view name) {
  asked_.push_back(name);
  return object_.find(name);
}

std::optional<Value> Members::required(std::string_view name) {
  auto value = optional(name);
  if (!value && object_.is(Kind::object)) findings_.shape(this->pointer(name), "missing");
  return value;
}

std::optional<std::string> Members::text(std::string_view name) {
  const auto value = required(name);
  if (!value) return std::nullopt;
  auto text = value->as_string();
  if (!text) findings_.shape(this->pointer(name), "must be a string");
  return text;
}

std::optional<std::string> Members::base64(std::string_view name) {
  const auto text = this->text(name);
  if (!text) return std::nullopt;
  auto bytes = from_base64(*text);
  if (!bytes) {
    findings_.shape(this->pointer(name), "is not base64 (the standard alphabet, padded)");
  }
  return bytes;
}

void Members::refuse_others() {
  if (!object_.is(Kind::object)) return;
  for (const json::Item& item : object_) {
    if (std::ranges::find(asked_, item.name) == asked_.end()) {
      findings_.shape(this->pointer(item.name), "unknown member");
    }
  }
}

std::string Members::pointer(std::string_view name) const { return json::pointer(pointer_, name); }

}  // namespace vcp::zk
