// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a proof of every format. Nothing that is not a proof of these circuits, which
// the fuzzer does not know, may be valid; whatever is not must have a reason.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "formats/binary.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"
#include "vcp/zk/circuit.hpp"

namespace {

using namespace vcp;
using namespace vcp::zk;

/// A key of known points, in each format: the generators and small multiples of them.
VerifyingKey key() {
  const G1 one = G1::generator();
  const G2 two = G2::generator();
  return {.alpha = Fr(2) * one,
          .beta = Fr(3) * two,
          .gamma = Fr(4) * two,
          .delta = Fr(5) * two,
          .ic = {Fr(6) * one, Fr(7) * one}};
}

std::array<Circuit, 5> circuits() {
  const auto verifiers = ReceiptVerifiers::make().value();
  const auto restore = [&](char format, const std::string& rest) {
    return restore_circuit(std::string("vcp-circuit-1") + format + rest, verifiers).value();
  };
  const std::string words = to_words(key());
  const std::string program(32, '\0');
  return {restore(0, words), restore(1, words), restore(2, words), restore(3, program),
          restore(4, program)};
}

void check(const Circuit& circuit, std::string_view body) {
  json::Document document;
  const auto json = document.parse(body);
  if (!json) return;
  const auto presentation = read_presentation(circuit, *json);
  if (!presentation) {
    if (presentation.error().code != Code::invalid) std::abort();
    return;
  }
  const Outcome outcome = verify(*presentation);
  if (outcome.valid || outcome.reason.empty()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto all = circuits();
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const Circuit& circuit : all) check(circuit, bytes);

  const std::string base64 = to_base64(bytes);
  const std::string proof = R"({"proof":")" + base64 + R"(","public_signals":["1"]})";
  check(all[1], proof);
  check(all[2], proof);
  check(all[3], R"({"proof":")" + base64 + R"(","journal":""})");
  check(all[4], R"({"proof":")" + base64 + R"(","public_values":""})");
  return 0;
}
