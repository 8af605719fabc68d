// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as each kind of stored record: what is accepted is exactly what `encode` writes.
#include "vcp/coordinator/records.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vcp/coordinator/fl_records.hpp"

namespace {

using namespace vcp::coordinator;

template <auto decode>
void read(std::string_view bytes) {
  const auto record = decode(bytes);
  if (record ? encode(*record) != bytes : record.error().code != vcp::Code::corrupt) std::abort();
}

constexpr std::array kReaders{
    &read<decode_node>,   &read<decode_task>,      &read<decode_token>,    &read<decode_module>,
    &read<decode_blob>,   &read<decode_answer>,    &read<decode_content>,  &read<decode_counts>,
    &read<decode_fl_job>, &read<decode_fl_update>, &read<decode_fl_round>, &read<decode_circuit>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  kReaders.at(data[0] % kReaders.size())(bytes.substr(1));
  return 0;
}
