// SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "vcp/base/encoding.hpp"

namespace vcp::api {

using json::Kind;
using json::Value;

void FieldErrors::add(std::string pointer, std::string detail) {
  ++count_;
  if (errors_.size() < kMaxKept) errors_.push_back({std::move(pointer), std::move(detail)});
}

Result<> FieldErrors::result() const {
  if (errors_.empty()) return {};
  const FieldError& first = errors_.front();
  std::string message = first.pointer + ": " + first.detail;
  if (count_ > 1) message += ", and " + std::to_string(count_ - 1) + " more";
  return std::unexpected(
      Error{.code = Code::invalid, .message = std::move(message), .fields = errors_});
}

Fields::Fields(Value value, std::string pointer, FieldErrors& errors)
    : pointer_(std::move(pointer)), errors_(errors) {
  if (!value.is(Kind::object)) {
    errors_.add(pointer_, "must be an object");
    return;
  }
  members_.reserve(value.size());
  for (const json::Item& item : value) members_.push_back({item.name, item.value, false});
}

bool Fields::has(std::string_view name) const {
  return std::ranges::find(members_, name, &Member::name) != members_.end();
}

Fields::Member* Fields::find(std::string_view name) {
  const auto found = std::ranges::find(members_, name, &Member::name);
  if (found == members_.end()) return nullptr;
  found->read = true;
  return &*found;
}

std::optional<Value> Fields::value(std::string_view name) {
  const Member* member = find(name);
  return member ? std::optional(member->value) : std::nullopt;
}

std::optional<std::string> Fields::text(std::string_view name, Range<std::size_t> length) {
  const Member* member = find(name);
  if (!member) return std::nullopt;
  auto text = member->value.as_string();
  if (!text) {
    fail(name, "must be a string");
  } else if (text->size() < length.least || text->size() > length.greatest) {
    fail(name, length.least == 0
                   ? fmt::format("must have at most {} bytes", length.greatest)
                   : fmt::format("must have {} to {} bytes", length.least, length.greatest));
    text.reset();
  }
  return text;
}

std::optional<bool> Fields::boolean(std::string_view name) {
  const Member* member = find(name);
  if (!member) return std::nullopt;
  const auto value = member->value.as_bool();
  if (!value) fail(name, "must be true or false");
  return value;
}

std::optional<std::uint64_t> Fields::integer(std::string_view name, Range<std::uint64_t> range) {
  const Member* member = find(name);
  if (!member) return std::nullopt;
  const auto value = member->value.as_uint64();
  if (!value || *value < range.least || *value > range.greatest) {
    fail(name, fmt::format("must be an integer from {} to {}", range.least, range.greatest));
    return std::nullopt;
  }
  return value;
}

std::optional<double> Fields::number(std::string_view name, Range<double> range) {
  const Member* member = find(name);
  if (!member) return std::nullopt;
  const auto value = member->value.as_double();
  if (!value || *value < range.least || *value > range.greatest) {
    fail(name, range.greatest == std::numeric_limits<double>::max()
                   ? fmt::format("must be a number of at least {}", range.least)
                   : fmt::format("must be a number from {} to {}", range.least, range.greatest));
    return std::nullopt;
  }
  return value;
}

std::optional<Digest> Fields::digest(std::string_view name) {
  const auto text = this->text(name, {0, kMaxName});
  if (!text) return std::nullopt;
  const auto digest = Digest::parse(*text);
  if (!digest) fail(name, "must be \"sha256:\" and 64 hex digits");
  return digest;
}

std::optional<std::string> Fields::base64(std::string_view name) {
  const Member* member = find(name);
  if (!member) return std::nullopt;
  const auto plain = member->value.as_plain_string();
  const auto escaped = plain ? std::nullopt : member->value.as_string();
  if (!plain && !escaped) {
    fail(name, "must be a string of base64");
    return std::nullopt;
  }
  auto bytes = from_base64(plain ? *plain : std::string_view(*escaped));
  if (!bytes) fail(name, "is not base64 (the standard alphabet, padded)");
  return bytes;
}

std::optional<Time> Fields::time(std::string_view name) {
  const auto text = this->text(name, {0, kMaxName});
  if (!text) return std::nullopt;
  const auto time = parse_rfc3339(*text);
  if (!time) fail(name, "must be a time as in 2026-01-31T09:30:00Z");
  return time;
}

std::optional<Fields> Fields::object(std::string_view name) {
  const Member* member = find(name);
  if (!member) return std::nullopt;
  Fields fields(member->value, pointer(name), errors_);
  if (!member->value.is(Kind::object)) return std::nullopt;
  return fields;
}

std::optional<Fields> Fields::required_object(std::string_view name) {
  if (!has(name)) fail(name, "missing");
  return object(name);
}

void Fields::fail(std::string_view name, std::string detail) {
  errors_.add(pointer(name), std::move(detail));
}

std::string Fields::pointer(std::string_view name) const { return json::pointer(pointer_, name); }

void Fields::finish() {
  for (const Member& member : members_) {
    if (!member.read) fail(member.name, "unknown member");
  }
}

bool consists_of_name_characters(std::string_view text, std::string_view others) {
  return std::ranges::all_of(text, [others](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           others.contains(c);
  });
}

}  // namespace vcp::api
