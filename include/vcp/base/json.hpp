// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vcp/base/result.hpp"

/// A strict reader of RFC 8259 and a small writer.
///
/// Ours, because the contract asks for what no packaged library gives together: the bytes of a
/// member exactly as they were sent, integers exact to the last digit, a member given twice
/// refused, and no allocation a value. docs/json.md has the comparison.
namespace vcp::json {

enum class Kind : std::uint8_t { null, boolean, number, string, array, object };

class Document;

/// A value inside a Document, which must outlive it. Cheap to copy.
class Value {
 public:
  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is(Kind kind) const { return this->kind() == kind; }

  /// The bytes of the value exactly as they stand in the source.
  [[nodiscard]] std::string_view source() const;

  /// Nothing if the value is of another kind, or does not fit exactly: 1.0 and 1e2 are integers,
  /// 1.5 is none.
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<std::int64_t> as_int64() const;
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const;

  /// The nearest double; nothing if not a number, or beyond the range of doubles.
  [[nodiscard]] std::optional<double> as_double() const;

  /// The text with its escapes resolved.
  [[nodiscard]] std::optional<std::string> as_string() const;

  /// The text without a copy, if the value is a string that holds no escape.
  [[nodiscard]] std::optional<std::string_view> as_plain_string() const;

  /// Members or elements; 0 for other kinds.
  [[nodiscard]] std::size_t size() const;

  /// The member of that name (escapes resolved); nothing if absent or not an object.
  [[nodiscard]] std::optional<Value> find(std::string_view name) const;

  /// Walks elements or members in the order of the source.
  class Iterator;
  [[nodiscard]] Iterator begin() const;
  [[nodiscard]] Iterator end() const;

 private:
  friend class Document;
  Value(const Document* document, std::uint32_t node) : document_(document), node_(node) {}

  const Document* document_;
  std::uint32_t node_;
};

/// A parsed text. Keeps views into it: the text must outlive the document. May be used again, and
/// then keeps its memory.
class Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  /// Nesting allowed by default.
  static constexpr int kMaxDepth = 32;

  /// Refuses what RFC 8259 does, malformed UTF-8, lone surrogates, a member given twice, deeper
  /// nesting than `max_depth` and texts of 4 GiB and more; `malformed` with the byte offset.
  [[nodiscard]] Result<Value> parse(std::string_view text, int max_depth = kMaxDepth);

 private:
  friend class Value;
  struct Node;
  class Parser;

  std::string_view text_;
  std::vector<Node> nodes_;
  std::string resolved_names_;  // of members whose names are spelled with escapes, end to end
};

/// One element or member.
struct Item {
  std::string_view name;  ///< of a member, escapes resolved; empty for an element
  Value value;
};

class Value::Iterator {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = Item;

  Iterator() = default;
  [[nodiscard]] Item operator*() const;
  Iterator& operator++();
  void operator++(int) { ++*this; }
  friend bool operator==(const Iterator& a, const Iterator& b) { return a.node_ == b.node_; }

 private:
  friend class Value;
  const Document* document_ = nullptr;
  std::uint32_t node_ = 0;
  bool members_ = false;
};

/// Appends compact JSON to a string. The caller keeps the nesting right; commas are the writer's.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& string(std::string_view text);  ///< malformed UTF-8 becomes U+FFFD
  Writer& number(std::int64_t value);
  Writer& number(std::uint64_t value);
  Writer& number(double value);  ///< shortest text that reads back; null if not finite
  Writer& boolean(bool value);
  Writer& null();
  Writer& base64(std::string_view bytes);  ///< as a string
  Writer& raw(std::string_view json);      ///< a value that is JSON already

  /// Any of the above by its type; an empty optional is null.
  template <class T>
  Writer& value(const T& value);

  /// `member("size", 3)`: a key and its value.
  template <class T>
  Writer& member(std::string_view name, const T& value) {
    return key(name).template value<T>(value);
  }

 private:
  void separate();

  std::string& out_;
  bool comma_ = false;
};

/// The JSON string for `text`, quotes included.
[[nodiscard]] std::string quote(std::string_view text);

/// Appends a reference token to a JSON pointer: `pointer("/a", "b/c")` is "/a/b~1c".
[[nodiscard]] std::string pointer(std::string_view base, std::string_view token);
[[nodiscard]] std::string pointer(std::string_view base, std::size_t index);

template <class T>
Writer& Writer::value(const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    return boolean(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return number(static_cast<double>(value));
  } else if constexpr (std::is_unsigned_v<T>) {
    return number(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_integral_v<T>) {
    return number(static_cast<std::int64_t>(value));
  } else if constexpr (std::is_null_pointer_v<T>) {
    return null();
  } else if constexpr (requires { value.has_value(); }) {
    return value.has_value() ? this->value(*value) : null();
  } else {
    return string(value);
  }
}

}  // namespace vcp::json
