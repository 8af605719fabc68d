// SPDX-License-Identifier: Apache-2.0
#include "zk/formats/fixture.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace vcp::zk::fixture {
namespace {

constexpr std::string_view kP =
    "21888242871839275222246405745257275088696311157297823662689037894645226208583";
constexpr std::string_view kR =
    "21888242871839275222246405745257275088548364400416034343698204186575808495617";

/// Schoolbook addition of decimal digits.
std::string add(std::string_view a, std::string_view b) {
  std::string sum;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry > 0; ++i) {
    if (i < a.size()) carry += a[a.size() - 1 - i] - '0';
    if (i < b.size()) carry += b[b.size() - 1 - i] - '0';
    sum += static_cast<char>('0' + carry % 10);
    carry /= 10;
  }
  std::ranges::reverse(sum);
  return sum;
}

Json to_json(const Fp2& a) { return Json::array({a.c0.to_decimal(), a.c1.to_decimal()}); }

}  // namespace

std::string load_text(const std::string& path) {
  std::ifstream file(std::string(VCP_ZK_DATA_DIRECTORY) + "/" + path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Json load(const std::string& path) { return Json::parse(load_text(path)); }

std::shared_ptr<const ReceiptVerifiers> verifiers(const std::vector<std::string>& allowed) {
  return ReceiptVerifiers::make(allowed).value();
}

Result<Circuit> read(const Json& body, const std::vector<std::string>& allowed) {
  const std::string text = body.dump();
  json::Document document;
  return read_circuit(document.parse(text).value(), verifiers(allowed));
}

Circuit circuit(const Json& body, const std::vector<std::string>& allowed) {
  auto circuit = read(body, allowed);
  if (!circuit) throw std::runtime_error(circuit.error().message);
  return *circuit;
}

Result<Presentation> present(const Circuit& circuit, const Json& body) {
  const std::string text = body.dump();
  json::Document document;
  return read_presentation(circuit, document.parse(text).value());
}

Outcome outcome(const Circuit& circuit, const Json& body) {
  const auto presentation = present(circuit, body);
  if (!presentation) throw std::runtime_error(presentation.error().message);
  return verify(*presentation);
}

Json snarkjs_key(const std::string& name) {
  return load("snarkjs/" + name + "/verification_key.json");
}

Json snarkjs_proof(const std::string& name) {
  return {{"proof", load("snarkjs/" + name + "/proof.json")},
          {"public_signals", load("snarkjs/" + name + "/public.json")}};
}

Json outside_subgroup() {
  for (std::uint64_t x = 0;; ++x) {
    const auto point = g2_from_x({.c0 = Fp(x), .c1 = {}}, false);
    if (!point || in_subgroup(*point)) continue;
    return Json::array({to_json(point->x), to_json(point->y), Json::array({"1", "0"})});
  }
}

Json g2_infinity() {
  const Json zero = Json::array({"0", "0"});
  return Json::array({zero, Json::array({"1", "0"}), zero});
}

std::string plus_p(const std::string& decimal) { return add(decimal, kP); }
std::string plus_r(const std::string& decimal) { return add(decimal, kR); }

}  // namespace vcp::zk::fixture
