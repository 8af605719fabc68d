// SPDX-License-Identifier: Apache-2.0
#include "vcp/wasm/module_info.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace vcp::wasm {
namespace {

std::string_view to_string(ValueType type) {
  constexpr std::array<std::string_view, 6> kNames{"i32", "i64", "f32", "f64", "v128", "funcref"};
  return kNames[std::to_underlying(type)];
}

std::string list(const std::vector<ValueType>& types) {
  std::string text = "(";
  for (const ValueType type : types) {
    if (text.size() > 1) text += ", ";
    text += to_string(type);
  }
  return text + ")";
}

}  // namespace

std::string to_string(const FunctionType& type) {
  std::string text = list(type.params) + " -> ";
  if (type.results.size() == 1) return text.append(to_string(type.results.front()));
  return text + list(type.results);
}

std::string_view to_string(Abi abi) {
  constexpr std::array<std::string_view, 4> kNames{"wasi-command", "reactor", "scalar", "hosted"};
  return kNames[std::to_underlying(abi)];
}

std::string_view to_string(ExternKind kind) {
  constexpr std::array<std::string_view, 4> kNames{"function", "table", "memory", "global"};
  return kNames[std::to_underlying(kind)];
}

const FunctionType* ModuleInfo::function(std::string_view name) const {
  const auto found = std::ranges::find_if(exports, [&](const Export& item) {
    return item.kind == ExternKind::function && item.name == name;
  });
  return found == exports.end() ? nullptr : &*found->type;
}

}  // namespace vcp::wasm
