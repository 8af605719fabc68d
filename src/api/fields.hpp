// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/json.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"

namespace vcp::api {

/// What is wrong with a request, field by field.
class FieldErrors {
 public:
  void add(std::string pointer, std::string detail);

  /// `invalid` with all of them; nothing if there are none.
  [[nodiscard]] Result<> result() const;
  [[nodiscard]] bool empty() const { return errors_.empty(); }

 private:
  static constexpr std::size_t kMaxKept = 2'000;  // more than an answer has room for

  std::vector<FieldError> errors_;
  std::size_t count_ = 0;
};

template <class T>
struct Range {
  T least;
  T greatest;
};

/// Reads the members of a JSON object one by one. A member that is missing, of the wrong type or
/// out of range is noted and stands at its default; `finish` notes those that nobody asked for.
class Fields {
 public:
  /// `value` stands at `pointer` in the request; anything but an object is an error there.
  Fields(json::Value value, std::string pointer, FieldErrors& errors);

  [[nodiscard]] bool has(std::string_view name) const;

  /// The member as it is, if there; asked for by whoever reads it in another way.
  std::optional<json::Value> value(std::string_view name);

  // Optional members.
  std::optional<std::string> text(std::string_view name, Range<std::size_t> length);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::uint64_t> integer(std::string_view name, Range<std::uint64_t> range);
  std::optional<double> number(std::string_view name, Range<double> range);
  std::optional<Digest> digest(std::string_view name);
  std::optional<std::string> base64(std::string_view name);
  std::optional<Time> time(std::string_view name);
  std::optional<Fields> object(std::string_view name);

  /// An object that must be there.
  std::optional<Fields> required_object(std::string_view name);

  /// One of a set of names; `parse` gives nothing for a name that is none.
  template <class Parse>
  auto choice(std::string_view name, Parse parse) -> decltype(parse(std::string_view{})) {
    const auto text = this->text(name, {0, kMaxName});
    if (!text) return std::nullopt;
    auto chosen = parse(*text);
    if (!chosen) fail(name, "there is no " + json::quote(*text) + " here");
    return chosen;
  }

  /// The member must be there: what `optional` is, else its default and an error.
  template <class T>
  T require(std::string_view name, std::optional<T> optional, T otherwise = {}) {
    if (!optional && !has(name)) fail(name, "missing");
    return optional ? std::move(*optional) : std::move(otherwise);
  }

  /// Notes an error at a member.
  void fail(std::string_view name, std::string detail);

  [[nodiscard]] std::string pointer(std::string_view name) const;
  [[nodiscard]] FieldErrors& errors() { return errors_; }

  /// Notes every member that was not read.
  void finish();

 private:
  static constexpr std::size_t kMaxName = 128;

  struct Member {
    std::string_view name;
    json::Value value;
    bool read;
  };

  Member* find(std::string_view name);

  std::string pointer_;
  FieldErrors& errors_;
  std::vector<Member> members_;
};

/// Whether all of `text` is made of letters, digits and the characters of `others`.
[[nodiscard]] bool consists_of_name_characters(std::string_view text, std::string_view others);

}  // namespace vcp::api
