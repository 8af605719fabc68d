// SPDX-License-Identifier: Apache-2.0
// Reads cases from standard input, one JSON object a line (README.md), and compares what the peer
// expects with what we say. Prints each line that differs; exits 1 if any does.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "formats/points.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/zk/circuit.hpp"
#include "vcp/zk/curve.hpp"

namespace {

using namespace vcp;
using namespace vcp::zk;
using Json = nlohmann::json;

std::string bytes(const Json& hex) { return from_hex(hex.get_ref<const std::string&>()).value(); }

template <class Number>
Number number(const Json& hex) {
  return Number::from_be(bytes(hex)).value();
}

template <class Number>
Json hex(const Number& number) {
  return to_hex(number.to_be());
}

G1 g1(const Json& words) {
  const std::string encoded = bytes(words);
  PointReader in(encoded, PointFormat::words);
  const G1 point = in.g1("point");
  if (!in.finish() || !on_curve(point)) throw std::invalid_argument("no point of G1");
  return point;
}

G2 g2(const Json& words) {
  const std::string encoded = bytes(words);
  PointReader in(encoded, PointFormat::words);
  const G2 point = in.g2("point");
  if (!in.finish() || !on_curve(point)) throw std::invalid_argument("no point of the twist");
  return point;
}

template <class Point>
Json words(const Point& point) {
  std::string words;
  append_words(words, point);
  return to_hex(words);
}

PointFormat point_format(const std::string& name) {
  if (name == "gnark_compressed") return PointFormat::gnark_compressed;
  if (name == "arkworks_compressed") return PointFormat::arkworks_compressed;
  if (name == "arkworks_raw") return PointFormat::arkworks_raw;
  throw std::invalid_argument("no format " + name);
}

/// The words of an encoded point, or null if it is refused.
template <class Point>
Json decode(const Json& test, Point (PointReader::*read)(std::string_view)) {
  const std::string encoded = bytes(test.at("bytes"));
  PointReader in(encoded, point_format(test.at("format")));
  const Point point = (in.*read)("point");
  return in.finish() ? words(point) : Json();
}

Json pairing(const Json& test) {
  std::vector<PairingTerm> terms;
  for (const Json& term : test.at("terms")) terms.push_back({g1(term[0]), g2(term[1])});
  return pairing_product_is_one(terms);
}

Circuit read(const Json& body) {
  const std::string text = body.dump();
  json::Document document;
  auto circuit = read_circuit(document.parse(text).value(), ReceiptVerifiers::make().value());
  if (!circuit) throw std::invalid_argument(circuit.error().message);
  return *circuit;
}

/// Verifies alone and in a batch; null if the two differ.
class Verifications {
 public:
  Json check(const Json& test) {
    const Circuit& circuit = circuit_of(test.at("circuit"));
    const std::string text = test.dump();
    json::Document document;
    const auto presentation = read_presentation(circuit, document.parse(text).value());
    if (!presentation) throw std::invalid_argument(presentation.error().message);
    const bool alone = verify(*presentation).valid;
    const std::vector<Presentation> batch{*presentation, *presentation};
    const bool together = verify_batch(batch, random_).back().valid;
    return alone == together ? Json(alone) : Json();
  }

 private:
  const Circuit& circuit_of(const Json& body) {
    const std::string text = body.dump();
    const auto known = circuits_.find(text);
    return known != circuits_.end() ? known->second
                                    : circuits_.emplace(text, read(body)).first->second;
  }

  std::map<std::string, Circuit> circuits_;
  SystemRandom random_;
};

using Check = std::function<Json(const Json&)>;

std::map<std::string, Check> checks(Verifications& verifications) {
  return {
      {"verify", [&](const Json& t) { return verifications.check(t); }},
      {"fr_mul", [](const Json& t) { return hex(number<Fr>(t["a"]) * number<Fr>(t["b"])); }},
      {"fr_inverse", [](const Json& t) { return hex(number<Fr>(t["a"]).inverse()); }},
      {"fp_mul", [](const Json& t) { return hex(number<Fp>(t["a"]) * number<Fp>(t["b"])); }},
      {"fp_inverse", [](const Json& t) { return hex(number<Fp>(t["a"]).inverse()); }},
      {"g1_add", [](const Json& t) { return words(g1(t["a"]) + g1(t["b"])); }},
      {"g1_mul", [](const Json& t) { return words(number<Fr>(t["k"]) * g1(t["a"])); }},
      {"g2_add", [](const Json& t) { return words(g2(t["a"]) + g2(t["b"])); }},
      {"g2_mul", [](const Json& t) { return words(number<Fr>(t["k"]) * g2(t["a"])); }},
      {"g2_in_subgroup", [](const Json& t) { return Json(in_subgroup(g2(t["a"]))); }},
      {"pairing", pairing},
      {"decode_g1", [](const Json& t) { return decode(t, &PointReader::g1); }},
      {"decode_g2", [](const Json& t) { return decode(t, &PointReader::g2); }},
  };
}

int run() {
  Verifications verifications;
  const auto known = checks(verifications);
  std::map<std::string, int> counts;
  int different = 0;
  for (std::string line; std::getline(std::cin, line);) {
    const Json test = Json::parse(line);
    const std::string op = test.at("op");
    const Json answer = known.at(op)(test);
    ++counts[op];
    if (answer == test.at("expect")) continue;
    ++different;
    std::cout << "we say " << answer << ": " << line << '\n';
  }
  for (const auto& [op, count] : counts) std::cout << op << ": " << count << '\n';
  std::cout << different << " differ\n";
  return different == 0 && !counts.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::cerr << "zk_peer_cases: " << error.what() << '\n';
    return 2;
  }
}
