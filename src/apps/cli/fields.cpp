// SPDX-License-Identifier: Apache-2.0
#include "cli/fields.hpp"

#include <algorithm>
#include <cmath>

#include "cli/table.hpp"

namespace vcp::cli {

namespace {

std::optional<json::Value> at(const json::Value& object, std::string_view path) {
  std::optional<json::Value> value = object;
  while (value && !path.empty()) {
    std::size_t dot = std::min(path.find('.'), path.size());
    value = value->find(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return value;
}

std::string text_of(const json::Value& value) {
  if (value.is(json::Kind::null)) return {};
  if (auto text = value.as_string()) return *text;
  return std::string(value.source());
}

void describe_members(const json::Value& object, const std::string& path, std::string_view left_out,
                      Table& table) {
  for (const auto& [name, value] : object) {
    std::string full_name = path + std::string(name);
    if (value.is(json::Kind::object)) {
      describe_members(value, full_name + ".", left_out, table);
    } else if (name != left_out && !text_of(value).empty()) {
      table.add({full_name, text_of(value)});
    }
  }
}

}  // namespace

Result<json::Value> read(json::Document& document, std::string_view answer) {
  return document.parse(answer, 2 * json::Document::kMaxDepth);
}

std::string text_at(const json::Value& object, std::string_view path) {
  auto value = at(object, path);
  return value ? text_of(*value) : std::string();
}

std::string rounded_at(const json::Value& object, std::string_view path) {
  auto value = at(object, path);
  auto number = value ? value->as_double() : std::nullopt;
  if (!number) return "-";
  std::string text = std::to_string(std::round(*number * 10) / 10);
  return text.substr(0, text.find('.') + 2);
}

std::string short_hash(std::string_view hash) {
  constexpr std::string_view kPrefix = "sha256:";
  if (hash.starts_with(kPrefix)) hash.remove_prefix(kPrefix.size());
  return std::string(hash.substr(0, 12));
}

std::string age(std::string_view rfc3339, Time now) {
  auto time = parse_rfc3339(rfc3339);
  if (!time) return "-";
  auto seconds = std::max<std::int64_t>((now - *time).count() / 1000, 0);
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86400) + " d";
}

std::string describe(const json::Value& object, std::size_t width, std::string_view left_out) {
  Table table({"MEMBER", "VALUE"});
  describe_members(object, {}, left_out, table);
  return table.render(width);
}

}  // namespace vcp::cli
