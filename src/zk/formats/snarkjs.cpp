// SPDX-License-Identifier: Apache-2.0
#include "formats/snarkjs.hpp"

#include <array>
#include <initializer_list>
#include <utility>

#include "vcp/zk/prover.hpp"

namespace vcp::zk {
namespace {

using json::Kind;
using json::Value;

constexpr const char* kNoDecimal = "must be a string of decimal digits";

/// Reads the numbers and points of one JSON value, and notes what is wrong with them.
class Reader {
 public:
  /// With `strict`, a wrong value is an error like a wrong shape.
  Reader(Findings& findings, bool strict) : findings_(findings), strict_(strict) {}

  void wrong(std::string pointer, std::string detail) {
    strict_ ? findings_.shape(std::move(pointer), std::move(detail))
            : findings_.flaw(std::move(pointer), std::move(detail));
  }

  /// The elements of an array of exactly that length, or nothing.
  std::vector<Value> elements(const Value& json, const std::string& pointer, std::size_t count) {
    std::vector<Value> elements;
    if (!json.is(Kind::array) || json.size() != count) {
      findings_.shape(pointer, "must be an array of " + std::to_string(count));
      return elements;
    }
    elements.reserve(count);
    for (const json::Item& item : json) elements.push_back(item.value);
    return elements;
  }

  template <class Number>
  Number number(const Value& json, const std::string& pointer) {
    const auto text = json.as_string();
    if (!text) {
      findings_.shape(pointer, kNoDecimal);
      return {};
    }
    const auto number = Number::from_decimal(*text);
    if (!number) wrong(pointer, kNotCanonical<Number>);
    return number.value_or(Number{});
  }

  Fp2 pair(const Value& json, const std::string& pointer) {
    const auto parts = elements(json, pointer, 2);
    if (parts.empty()) return {};
    return {.c0 = number<Fp>(parts[0], pointer + "/0"), .c1 = number<Fp>(parts[1], pointer + "/1")};
  }

  /// [x, y, "1"], or ["0", "1", "0"] for infinity.
  G1 g1(const Value& json, const std::string& pointer) {
    const auto parts = elements(json, pointer, 3);
    if (parts.empty()) return {};
    const Fp x = number<Fp>(parts[0], pointer + "/0");
    const Fp y = number<Fp>(parts[1], pointer + "/1");
    const Fp z = number<Fp>(parts[2], pointer + "/2");
    if (x.is_zero() && y == Fp(1) && z.is_zero()) return G1::at_infinity();
    if (z != Fp(1)) wrong(pointer + "/2", kNotAffine);
    return {.x = x, .y = y};
  }

  /// The same with pairs.
  G2 g2(const Value& json, const std::string& pointer) {
    const auto parts = elements(json, pointer, 3);
    if (parts.empty()) return {};
    const Fp2 zero{};
    const Fp2 one{.c0 = Fp(1), .c1 = {}};
    const Fp2 x = pair(parts[0], pointer + "/0");
    const Fp2 y = pair(parts[1], pointer + "/1");
    const Fp2 z = pair(parts[2], pointer + "/2");
    if (x == zero && y == one && z == zero) return G2::at_infinity();
    if (z != one) wrong(pointer + "/2", kNotAffine);
    return {.x = x, .y = y};
  }

  G1 g1(Members& members, std::string_view name) {
    const auto json = members.required(name);
    return json ? g1(*json, members.pointer(name)) : G1{};
  }

  G2 g2(Members& members, std::string_view name) {
    const auto json = members.required(name);
    return json ? g2(*json, members.pointer(name)) : G2{};
  }

 private:
  template <class Number>
  static constexpr const char* kNotCanonical =
      std::is_same_v<Number, Fp> ? "is not a coordinate as snarkjs writes it: decimal digits of a "
                                   "number below p, without leading zeros"
                                 : "is not a public signal as snarkjs writes it: decimal digits of "
                                   "a number below r, without leading zeros";
  static constexpr const char* kNotAffine = "the third coordinate of a point must be one";

  Findings& findings_;
  bool strict_;
};

/// The member names the one protocol and curve there is here.
void expect_name(Members& members, Reader& reader, Findings& findings, std::string_view member,
                 std::string_view expected, bool required) {
  const auto value = required ? members.required(member) : members.optional(member);
  if (!value) return;
  const auto name = value->as_string();
  if (!name) {
    findings.shape(members.pointer(member), "must be a string");
  } else if (*name != expected) {
    reader.wrong(members.pointer(member), "must be \"" + std::string(expected) + "\"");
  }
}

std::vector<G1> read_ic(Members& members, Reader& reader, Findings& findings) {
  std::vector<G1> ic;
  const auto json = members.required("IC");
  if (!json) return ic;
  const std::string pointer = members.pointer("IC");
  if (!json->is(Kind::array) || json->size() == 0 || json->size() > kMaxPublicSignals + 1) {
    findings.shape(pointer,
                   "must be an array of 1 to " + std::to_string(kMaxPublicSignals + 1) + " points");
    return ic;
  }
  ic.reserve(json->size());
  for (const json::Item& item : *json) {
    ic.push_back(reader.g1(item.value, json::pointer(pointer, ic.size())));
  }
  return ic;
}

void expect_signal_count(Members& members, Findings& findings, std::size_t ic_points) {
  const auto json = members.required("nPublic");
  if (!json) return;
  const auto count = json->as_uint64();
  if (!count) {
    findings.shape(members.pointer("nPublic"), "must be a number of public signals");
  } else if (ic_points > 0 && *count != ic_points - 1) {
    findings.shape(members.pointer("nPublic"), "must be one less than there are points in IC");
  }
}

}  // namespace

std::optional<VerifyingKey> read_snarkjs_key(const Value& json, const std::string& pointer,
                                             Findings& findings) {
  Members members(json, pointer, findings);
  if (!json.is(Kind::object)) return std::nullopt;
  Reader reader(findings, true);
  VerifyingKey key;
  expect_name(members, reader, findings, "protocol", "groth16", true);
  expect_name(members, reader, findings, "curve", "bn128", true);
  key.alpha = reader.g1(members, "vk_alpha_1");
  key.beta = reader.g2(members, "vk_beta_2");
  key.gamma = reader.g2(members, "vk_gamma_2");
  key.delta = reader.g2(members, "vk_delta_2");
  key.ic = read_ic(members, reader, findings);
  expect_signal_count(members, findings, key.ic.size());
  static_cast<void>(members.optional("vk_alphabeta_12"));
  members.refuse_others();
  return findings.empty() ? std::optional(std::move(key)) : std::nullopt;
}

Proof read_snarkjs_proof(const Value& json, const std::string& pointer, Findings& findings) {
  Members members(json, pointer, findings);
  Proof proof;
  if (!json.is(Kind::object)) return proof;
  Reader reader(findings, false);
  proof.a = reader.g1(members, "pi_a");
  proof.b = reader.g2(members, "pi_b");
  proof.c = reader.g1(members, "pi_c");
  expect_name(members, reader, findings, "protocol", "groth16", false);
  expect_name(members, reader, findings, "curve", "bn128", false);
  members.refuse_others();
  return proof;
}

std::vector<Fr> read_signals(const Value& json, const std::string& pointer, std::size_t count,
                             Findings& findings) {
  std::vector<Fr> signals;
  if (!json.is(Kind::array)) {
    findings.shape(pointer, "must be an array of strings of decimal digits");
    return signals;
  }
  Reader reader(findings, false);
  if (json.size() != count) {
    findings.flaw(pointer, "there are " + std::to_string(json.size()) +
                               " public signals, and the circuit has " + std::to_string(count));
  }
  signals.reserve(count);
  std::size_t index = 0;
  for (const json::Item& item : json) {
    const std::string at = json::pointer(pointer, index++);
    if (index <= count) {
      signals.push_back(reader.number<Fr>(item.value, at));
    } else if (!item.value.is(Kind::string)) {
      findings.shape(at, kNoDecimal);
    }
  }
  return signals;
}

std::string to_snarkjs_json(const Proof& proof) {
  const auto numbers = [](std::initializer_list<std::string> items, const std::string& indent) {
    std::string text = "[";
    for (const std::string& item : items) {
      text += (text.size() == 1 ? "\n " : ",\n ") + indent + item;
    }
    return text + "\n" + indent + "]";
  };
  const auto number = [](const Fp& value) { return "\"" + value.to_decimal() + "\""; };
  const auto g1 = [&](const G1& p) { return numbers({number(p.x), number(p.y), R"("1")"}, " "); };
  const auto pair = [&](const Fp2& a) { return numbers({number(a.c0), number(a.c1)}, "  "); };
  const auto g2 = [&](const G2& p) {
    return numbers({pair(p.x), pair(p.y), pair({.c0 = Fp(1), .c1 = {}})}, " ");
  };
  return "{\n \"pi_a\": " + g1(proof.a) + ",\n \"pi_b\": " + g2(proof.b) +
         ",\n \"pi_c\": " + g1(proof.c) +
         ",\n \"protocol\": \"groth16\",\n \"curve\": \"bn128\"\n}";
}

std::string to_snarkjs_json(const std::vector<Fr>& signals) {
  if (signals.empty()) return "[]";
  std::string text = "[";
  for (const Fr& signal : signals) {
    text += (text.size() == 1 ? "\n \"" : ",\n \"") + signal.to_decimal() + "\"";
  }
  return text + "\n]";
}

}  // namespace vcp::zk
