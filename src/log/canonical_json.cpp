// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/canonical_json.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace vcp::log {
namespace {

constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;

/// UTF-8 sorts as code points do. UTF-16 does not: the surrogates of what is above U+FFFF (first
/// bytes F0 to F4) come before U+E000 to U+FFFF (first bytes EE and EF).
std::uint8_t utf16_rank(char c) {
  const auto byte = static_cast<std::uint8_t>(c);
  return byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte;
}

bool before(const json::Item& a, const json::Item& b) {
  return std::ranges::lexicographical_compare(a.name, b.name, {}, utf16_rank, utf16_rank);
}

/// Where the number stands that cannot be written; nothing if all is well.
using Obstacle = std::optional<std::string>;

Obstacle write(json::Writer& writer, json::Value value);

Obstacle write_number(json::Writer& writer, json::Value value) {
  const auto integer = value.as_int64();
  if (!integer || *integer > kMaxInteger || *integer < -kMaxInteger) return std::string();
  writer.number(*integer);
  return std::nullopt;
}

Obstacle write_array(json::Writer& writer, json::Value array) {
  writer.begin_array();
  std::size_t index = 0;
  for (const json::Item element : array) {
    if (const Obstacle obstacle = write(writer, element.value)) {
      return json::pointer("", index) + *obstacle;
    }
    ++index;
  }
  writer.end_array();
  return std::nullopt;
}

Obstacle write_object(json::Writer& writer, json::Value object) {
  std::vector<json::Item> members;
  members.reserve(object.size());
  for (const json::Item member : object) members.push_back(member);
  std::ranges::sort(members, before);

  writer.begin_object();
  for (const json::Item& member : members) {
    writer.key(member.name);
    if (const Obstacle obstacle = write(writer, member.value)) {
      return json::pointer("", member.name) + *obstacle;
    }
  }
  writer.end_object();
  return std::nullopt;
}

Obstacle write(json::Writer& writer, json::Value value) {
  switch (value.kind()) {
    case json::Kind::object:
      return write_object(writer, value);
    case json::Kind::array:
      return write_array(writer, value);
    case json::Kind::number:
      return write_number(writer, value);
    case json::Kind::string:
      writer.string(*value.as_string());
      return std::nullopt;
    case json::Kind::boolean:
    case json::Kind::null:
      writer.raw(value.source());
      return std::nullopt;
  }
  std::unreachable();
}

}  // namespace

Result<std::string> canonical_json(json::Value value) {
  std::string out;
  out.reserve(value.source().size());
  json::Writer writer(out);
  if (Obstacle obstacle = write(writer, value)) {
    return fail_field(std::move(*obstacle), "not an integer below 2^53");
  }
  return out;
}

Result<std::string> canonical_json(std::string_view text) {
  json::Document document;
  const Result<json::Value> value = document.parse(text);
  if (!value) return std::unexpected(value.error());
  return canonical_json(*value);
}

}  // namespace vcp::log
