// SPDX-License-Identifier: Apache-2.0
#include "inputs.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include "vcp/base/json.hpp"

namespace vcp::circom {
namespace {

using json::Kind;
using zk::Fr;

constexpr std::int64_t kMaxExact = std::int64_t{1} << 53;
constexpr std::size_t kMaxDigits = 1024;

/// The digits of a number to a base up to 16, reduced; nothing if there are none, or others.
std::optional<Fr> digits(std::string_view text, unsigned base) {
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  const Fr factor(base);
  Fr value;
  for (const char c : text) {
    unsigned digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A') + 10;
    if (digit >= base) return std::nullopt;
    value = value * factor + Fr(digit);
  }
  return value;
}

std::optional<Fr> number(std::string_view text) {
  if (text.starts_with("0x")) return digits(text.substr(2), 16);
  if (!text.starts_with('-')) return digits(text, 10);
  const auto size = digits(text.substr(1), 10);
  return size ? std::optional(-*size) : std::nullopt;
}

class InputReader {
 public:
  /// What stands at `pointer` under the name `name`.
  Result<> read(const json::Value& value, const std::string& name, const std::string& pointer) {
    if (value.is(Kind::object)) return read_bus(value, name, pointer);
    if (value.is(Kind::array) && begins_with_object(value)) {
      std::size_t index = 0;
      for (const json::Item& item : value) {
        const std::string at = json::pointer(pointer, index);
        const std::string element = name + "[" + std::to_string(index++) + "]";
        if (auto done = read(item.value, element, at); !done) return done;
      }
      return {};
    }
    signals_.push_back({.name = name, .pointer = pointer, .values = {}});
    return append(value, pointer);
  }

  Result<> read_bus(const json::Value& value, const std::string& name, const std::string& pointer) {
    for (const json::Item& item : value) {
      const std::string member(item.name);
      const std::string at = json::pointer(pointer, member);
      if (auto done = read(item.value, name.empty() ? member : name + "." + member, at); !done) {
        return done;
      }
    }
    return {};
  }

  std::vector<InputSignal> take() { return std::move(signals_); }

 private:
  static bool begins_with_object(const json::Value& array) {
    for (const json::Item& item : array) {
      if (item.value.is(Kind::object)) return true;
      return item.value.is(Kind::array) && begins_with_object(item.value);
    }
    return false;
  }

  /// Adds the values of an array, or the one of a number, to the last signal.
  Result<> append(const json::Value& value, const std::string& pointer) {
    if (value.is(Kind::array)) {
      std::size_t index = 0;
      for (const json::Item& item : value) {
        if (auto done = append(item.value, json::pointer(pointer, index++)); !done) return done;
      }
      return {};
    }
    const auto read = one(value);
    if (!read) {
      return fail_field(pointer,
                        "must be an integer, those beyond 2^53 as a string of decimal digits");
    }
    signals_.back().values.push_back(*read);
    return {};
  }

  static std::optional<Fr> one(const json::Value& value) {
    if (const auto text = value.as_string()) return number(*text);
    if (const auto truth = value.as_bool()) return Fr(*truth ? 1 : 0);
    const auto integer = value.as_int64();
    if (!integer || *integer > kMaxExact || *integer < -kMaxExact) return std::nullopt;
    return *integer < 0 ? -Fr(static_cast<std::uint64_t>(-*integer))
                        : Fr(static_cast<std::uint64_t>(*integer));
  }

  std::vector<InputSignal> signals_;
};

}  // namespace

Result<std::vector<InputSignal>> read_inputs(std::string_view json) {
  json::Document document;
  const auto root = document.parse(json);
  if (!root) return std::unexpected(root.error());
  if (!root->is(Kind::object)) return fail_field("", "must be an object of input signals");
  InputReader reader;
  if (auto done = reader.read_bus(*root, "", ""); !done) {
    return std::unexpected(std::move(done.error()));
  }
  return reader.take();
}

}  // namespace vcp::circom
