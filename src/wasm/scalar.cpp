// SPDX-License-Identifier: Apache-2.0
#include "scalar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "vcp/base/json.hpp"

namespace vcp::wasm {
namespace {

template <class Integer>
std::optional<ScalarBits> read_integer(const json::Value& value) {
  const auto number = value.as_int64();
  if (!number || *number < std::numeric_limits<Integer>::min() ||
      *number > std::numeric_limits<Integer>::max()) {
    return std::nullopt;
  }
  return static_cast<std::make_unsigned_t<Integer>>(*number);
}

template <class Float>
std::optional<Float> read_named_float(std::string_view name) {
  if (name == "NaN") return std::numeric_limits<Float>::quiet_NaN();
  if (name == "Infinity") return std::numeric_limits<Float>::infinity();
  if (name == "-Infinity") return -std::numeric_limits<Float>::infinity();
  return std::nullopt;
}

/// Rounds the decimal once: by way of a double, a float can come out one unit wrong.
template <class Float>
std::optional<Float> read_number(std::string_view text) {
  Float number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc{}) return number;
  // Too small to tell from zero is fine, too large is not.
  const long double wide = std::strtold(std::string(text).c_str(), nullptr);
  if (std::fabs(wide) >= 1) return std::nullopt;
  return std::signbit(wide) ? -Float{0} : Float{0};
}

template <class Float>
std::optional<Float> read_float(const json::Value& value) {
  if (value.is(json::Kind::number)) return read_number<Float>(value.source());
  if (const auto name = value.as_string()) return read_named_float<Float>(*name);
  return std::nullopt;
}

std::optional<ScalarBits> read_value(ValueType type, const json::Value& value) {
  switch (type) {
    case ValueType::i32:
      return read_integer<std::int32_t>(value);
    case ValueType::i64:
      return read_integer<std::int64_t>(value);
    case ValueType::f32:
      return read_float<float>(value).transform(
          [](float number) -> ScalarBits { return std::bit_cast<std::uint32_t>(number); });
    default:
      return read_float<double>(value).transform(
          [](double number) { return std::bit_cast<ScalarBits>(number); });
  }
}

std::string_view describe(ValueType type) {
  switch (type) {
    case ValueType::i32:
      return "an integer from -2147483648 to 2147483647";
    case ValueType::i64:
      return "an integer from -9223372036854775808 to 9223372036854775807";
    case ValueType::f32:
      return R"(a number in the range of f32, or "NaN", "Infinity" or "-Infinity")";
    default:
      return R"(a number in the range of f64, or "NaN", "Infinity" or "-Infinity")";
  }
}

template <class Float>
void append_float(std::string& out, Float number) {
  if (std::isnan(number)) {
    out += "\"NaN\"";
  } else if (std::isinf(number)) {
    out += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  } else {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
    out.append(text.data(), end);
  }
}

void append_value(std::string& out, ValueType type, ScalarBits bits) {
  switch (type) {
    case ValueType::i32:
      out += std::to_string(static_cast<std::int32_t>(bits));
      return;
    case ValueType::i64:
      out += std::to_string(static_cast<std::int64_t>(bits));
      return;
    case ValueType::f32:
      return append_float(out, std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    default:
      return append_float(out, std::bit_cast<double>(bits));
  }
}

std::string_view own_function(Abi abi) {
  switch (abi) {
    case Abi::wasi_command:
      return "_start";
    case Abi::reactor:
      return "run";
    default:
      return "";
  }
}

Result<> check_no_arguments(const ModuleInfo& info, std::string_view args) {
  if (args.empty()) return {};
  json::Document document;
  const auto value = document.parse(args);
  if (value && value->is(json::Kind::array) && value->size() == 0) return {};
  return fail_field("/args", info.abi == Abi::wasi_command
                                 ? "a WASI command takes argv and its input, not args"
                                 : "a reactor takes its input, not args");
}

std::string list_scalar_functions(const ModuleInfo& info) {
  constexpr std::size_t kShownBytes = 1'000;
  std::string text;
  for (const Export& item : info.exports) {
    if (!item.type || !is_scalar(*item.type)) continue;
    if (text.size() + item.name.size() > kShownBytes) return text + " and more";
    text += (text.empty() ? "" : ", ") + item.name + to_string(*item.type);
  }
  return text.empty() ? "none that can be called" : text;
}

}  // namespace

bool is_scalar(const FunctionType& type) {
  constexpr auto is_number = [](ValueType value) { return value <= ValueType::f64; };
  return std::ranges::all_of(type.params, is_number) &&
         std::ranges::all_of(type.results, is_number);
}

Result<std::vector<ScalarBits>> parse_arguments(const FunctionType& type, std::string_view args) {
  json::Document document;
  const auto array = document.parse(args.empty() ? "[]" : args);
  if (!array || !array->is(json::Kind::array)) return fail_field("/args", "must be a JSON array");
  if (array->size() != type.params.size()) {
    return fail_field("/args", fmt::format("{} given; the function takes {}: {}", array->size(),
                                           type.params.size(), to_string(type)));
  }
  std::vector<ScalarBits> bits;
  bits.reserve(type.params.size());
  for (const auto& [name, value] : *array) {
    const ValueType wanted = type.params[bits.size()];
    const auto read = read_value(wanted, value);
    if (!read) {
      return fail_field(json::pointer("/args", bits.size()),
                        fmt::format("must be {}", describe(wanted)));
    }
    bits.push_back(*read);
  }
  return bits;
}

std::string results_to_json(const FunctionType& type, std::span<const ScalarBits> results) {
  std::string out = "[";
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i > 0) out += ',';
    append_value(out, type.results[i], results[i]);
  }
  return out + "]";
}

std::string_view called_function(const ModuleInfo& info, std::string_view function) {
  return function.empty() ? own_function(info.abi) : function;
}

bool is_scalar_call(const ModuleInfo& info, std::string_view function) {
  return called_function(info, function) != own_function(info.abi) || info.abi == Abi::scalar;
}

Result<> check_call(const ModuleInfo& info, std::string_view function, std::string_view args) {
  if (info.abi == Abi::hosted) return fail(Code::invalid, "the module runs in its host only");
  if (!is_scalar_call(info, function)) return check_no_arguments(info, args);
  if (function.empty()) {
    return fail_field("/function", "name the function to call: " + list_scalar_functions(info));
  }
  if (!info.imports.empty()) {
    return fail_field("/function", "a WASI command is called by its _start only");
  }
  const FunctionType* type = info.function(function);
  if (type == nullptr) {
    return fail_field("/function",
                      "the module exports no such function, but " + list_scalar_functions(info));
  }
  if (!is_scalar(*type)) {
    return fail_field("/function",
                      fmt::format("its type {} has values that are no numbers", to_string(*type)));
  }
  auto parsed = parse_arguments(*type, args);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  return {};
}

}  // namespace vcp::wasm
