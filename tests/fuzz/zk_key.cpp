// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the key of every format; what is accepted must survive being kept.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "vcp/base/json.hpp"
#include "vcp/zk/circuit.hpp"

namespace {

using namespace vcp;
using namespace vcp::zk;

std::shared_ptr<const ReceiptVerifiers> verifiers() {
  static const auto shared = ReceiptVerifiers::make().value();
  return shared;
}

void check(std::string_view body) {
  json::Document document;
  const auto json = document.parse(body);
  if (!json) return;
  const auto circuit = read_circuit(*json, verifiers());
  if (!circuit) {
    if (circuit.error().code != Code::invalid || circuit.error().fields.empty()) std::abort();
    return;
  }
  const auto kept = restore_circuit(circuit->canonical(), verifiers());
  if (!kept || kept->id() != circuit->id()) std::abort();
}

void check_binary(Format format, std::string_view bytes) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("format", to_string(format))
      .key("key")
      .base64(bytes)
      .end_object();
  check(body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check(bytes);
  check_binary(Format::gnark, bytes);
  check_binary(Format::arkworks, bytes);
  static_cast<void>(restore_circuit(bytes, verifiers()));
  return 0;
}
