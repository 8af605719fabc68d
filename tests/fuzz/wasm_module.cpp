// SPDX-License-Identifier: Apache-2.0
// The checks of a module's binary, and of calls to what they accept.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vcp/wasm/module_info.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view binary(reinterpret_cast<const char*>(data), size);
  const auto info = vcp::wasm::inspect(binary);
  if (!info) {
    if (info.error().message.empty()) std::abort();
    return 0;
  }
  for (const auto& item : info->exports) {
    const auto checked = vcp::wasm::check_call(*info, item.name, R"([1, -2.5, "NaN"])");
    if (!checked && checked.error().fields.empty()) std::abort();
  }
  return 0;
}
