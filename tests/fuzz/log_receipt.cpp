// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a receipt with its evidence. None verifies, for no key has signed anything;
// and the canonical form of any JSON is its own canonical form.
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "vcp/log/canonical_json.hpp"
#include "vcp/log/receipt.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vcp::log;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  const VerifierKey key{.name = "log", .key = {}};
  const auto verified = verify_receipt(bytes, {&key, 1});
  assert(!verified && !verified.error().message.empty());

  if (const auto canonical = canonical_json(bytes))
    assert(canonical_json(*canonical) == *canonical);
  return 0;
}
