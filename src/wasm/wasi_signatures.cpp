// SPDX-License-Identifier: Apache-2.0
#include "wasi_signatures.hpp"

#include <algorithm>

namespace vcp::wasm {
namespace {

std::vector<ValueType> values(std::string_view letters) {
  std::vector<ValueType> types;
  for (const char letter : letters) {
    types.push_back(letter == 'I' ? ValueType::i64 : ValueType::i32);
  }
  return types;
}

}  // namespace

static_assert(std::ranges::is_sorted(kWasiSignatures, {}, &WasiSignature::name));

const WasiSignature* find_wasi_signature(std::string_view name) {
  const auto found = std::ranges::lower_bound(kWasiSignatures, name, {}, &WasiSignature::name);
  return found != kWasiSignatures.end() && found->name == name ? &*found : nullptr;
}

FunctionType function_type(const WasiSignature& signature) {
  return {values(signature.params), values(signature.results)};
}

}  // namespace vcp::wasm
