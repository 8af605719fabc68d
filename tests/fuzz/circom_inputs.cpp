// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the input signals of a circuit; what is accepted has names and pointers.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "inputs.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto inputs = vcp::circom::read_inputs({reinterpret_cast<const char*>(data), size});
  if (!inputs) return 0;
  std::size_t values = 0;
  for (const auto& input : *inputs) {
    if (!input.pointer.starts_with('/')) std::abort();
    values += input.values.size();
  }
  if (values > size) std::abort();
  return 0;
}
