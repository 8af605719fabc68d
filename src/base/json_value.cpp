// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "json_document.hpp"
#include "json_escape.hpp"
#include "json_number.hpp"

namespace vcp::json {

Kind Value::kind() const { return document_->nodes_[node_].kind; }

std::string_view Value::source() const { return document_->nodes_[node_].source(document_->text_); }

std::optional<bool> Value::as_bool() const {
  if (!is(Kind::boolean)) return std::nullopt;
  return source() == "true";
}

std::optional<std::int64_t> Value::as_int64() const {
  if (!is(Kind::number)) return std::nullopt;
  const std::optional<Integer> integer = to_integer(source());
  if (!integer) return std::nullopt;
  constexpr auto kMax = std::uint64_t{std::numeric_limits<std::int64_t>::max()};
  if (integer->magnitude > kMax + (integer->negative ? 1 : 0)) return std::nullopt;
  // Two's complement: negated before it is narrowed, the lowest value is no special case.
  return static_cast<std::int64_t>(integer->negative ? 0 - integer->magnitude : integer->magnitude);
}

std::optional<std::uint64_t> Value::as_uint64() const {
  if (!is(Kind::number)) return std::nullopt;
  const std::optional<Integer> integer = to_integer(source());
  if (!integer || integer->negative) return std::nullopt;
  return integer->magnitude;
}

std::optional<double> Value::as_double() const {
  if (!is(Kind::number)) return std::nullopt;
  return to_double(source());
}

std::optional<std::string> Value::as_string() const {
  if (!is(Kind::string)) return std::nullopt;
  const Document::Node& node = document_->nodes_[node_];
  const std::string_view content = node.content(document_->text_);
  if (!node.escaped) return std::string(content);
  std::string text;
  append_resolved(text, content);
  return text;
}

std::optional<std::string_view> Value::as_plain_string() const {
  const Document::Node& node = document_->nodes_[node_];
  if (node.kind != Kind::string || node.escaped) return std::nullopt;
  return node.content(document_->text_);
}

std::size_t Value::size() const { return document_->nodes_[node_].size; }

std::optional<Value> Value::find(std::string_view name) const {
  if (!is(Kind::object)) return std::nullopt;
  for (const Item item : *this) {
    if (item.name == name) return item.value;
  }
  return std::nullopt;
}

Value::Iterator Value::begin() const {
  Iterator iterator;
  iterator.document_ = document_;
  iterator.node_ = node_ + 1;
  iterator.members_ = is(Kind::object);
  return iterator;
}

Value::Iterator Value::end() const {
  Iterator iterator;
  iterator.document_ = document_;
  iterator.node_ = document_->nodes_[node_].next;
  return iterator;
}

Item Value::Iterator::operator*() const {
  if (!members_) return {.name = {}, .value = Value(document_, node_)};
  return {.name = document_->nodes_[node_].name(*document_), .value = Value(document_, node_ + 1)};
}

Value::Iterator& Value::Iterator::operator++() {
  node_ = document_->nodes_[members_ ? node_ + 1 : node_].next;
  return *this;
}

}  // namespace vcp::json
