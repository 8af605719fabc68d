// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/circuit.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "formats/binary.hpp"
#include "formats/circuit_state.hpp"
#include "formats/findings.hpp"
#include "formats/snarkjs.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::zk {
namespace {

using json::Value;

constexpr std::array<std::string_view, 5> kNames = {"snarkjs", "gnark", "arkworks", "risc0", "sp1"};

/// Canonical bytes begin with this, then a byte for the format; EIP-197 words of the key follow, or
/// the 32 bytes of the program.
constexpr std::string_view kMagic = "vcp-circuit-1";

std::string canonical_head(Format format) {
  return std::string(kMagic) + static_cast<char>(format);
}

Circuit make(std::string canonical, Format format, std::variant<PreparedKey, ZkvmProgram> proves) {
  const Digest id = sha256(canonical);
  return Circuit(std::make_shared<const Circuit::State>(Circuit::State{
      .id = id, .format = format, .canonical = std::move(canonical), .proves = std::move(proves)}));
}

Result<Circuit> make_groth16(Format format, const VerifyingKey& key) {
  auto prepared = prepare(key);
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  return make(canonical_head(format) + to_words(key), format, std::move(*prepared));
}

/// SP1's program key is a public signal, RISC Zero's image id any digest.
bool is_program_id(Format zkvm, std::string_view id) {
  return id.size() == 32 && (zkvm == Format::risc0 || Fr::from_be(id));
}

Circuit make_program(Format zkvm, std::string id,
                     std::shared_ptr<const ReceiptVerifiers> verifiers) {
  std::string canonical = canonical_head(zkvm) + id;
  return make(std::move(canonical), zkvm,
              ZkvmProgram{.program = {.zkvm = zkvm, .id = std::move(id)},
                          .verifiers = std::move(verifiers)});
}

/// An error of the key as a whole, at the member that holds it.
std::unexpected<Error> at(const std::string& pointer, Error error) {
  FieldError field{.pointer = pointer, .detail = error.message};
  return std::unexpected(Error{
      .code = Code::invalid, .message = std::move(error.message), .fields = {std::move(field)}});
}

Result<Circuit> read_snarkjs(const Value& json, const std::string& pointer, Findings& findings) {
  const auto key = read_snarkjs_key(json, pointer, findings);
  if (auto shapes = findings.shapes(); !shapes) return std::unexpected(std::move(shapes.error()));
  auto circuit = make_groth16(Format::snarkjs, key.value());
  return circuit ? std::move(circuit) : at(pointer, std::move(circuit.error()));
}

Result<Circuit> read_binary(Format format, const std::optional<std::string>& bytes,
                            const std::string& pointer, Findings& findings) {
  if (auto shapes = findings.shapes(); !shapes) return std::unexpected(std::move(shapes.error()));
  auto key =
      format == Format::gnark ? read_gnark_key(bytes.value()) : read_arkworks_key(bytes.value());
  if (!key) return at(pointer, std::move(key.error()));
  auto circuit = make_groth16(format, *key);
  return circuit ? std::move(circuit) : at(pointer, std::move(circuit.error()));
}

Result<Circuit> read_program(Format zkvm, const std::optional<std::string>& text,
                             const std::string& pointer, Findings& findings,
                             std::shared_ptr<const ReceiptVerifiers> verifiers) {
  std::optional<std::string> id;
  if (text) {
    id = text->starts_with("0x") ? from_hex(std::string_view(*text).substr(2)) : std::nullopt;
    if (!id || !is_program_id(zkvm, *id)) {
      findings.shape(pointer, zkvm == Format::risc0
                                  ? "must be \"0x\" and 64 hex digits"
                                  : "must be \"0x\" and 64 hex digits of a number below r");
    }
  }
  if (auto shapes = findings.shapes(); !shapes) return std::unexpected(std::move(shapes.error()));
  return make_program(zkvm, std::move(id.value()), std::move(verifiers));
}

Result<Circuit> read_named(Members& body, Findings& findings,
                           std::shared_ptr<const ReceiptVerifiers> verifiers) {
  const auto name = body.text("format");
  const auto format = name ? parse_format(*name) : std::nullopt;
  if (!format) {
    if (name) findings.shape("/format", "must be snarkjs, gnark, arkworks, risc0 or sp1");
    return std::unexpected(std::move(findings.shapes().error()));
  }
  const std::string_view member = *format == Format::risc0 ? "image_id"
                                  : *format == Format::sp1 ? "program_vkey"
                                                           : "key";
  const std::string pointer = body.pointer(member);
  if (*format == Format::snarkjs) {
    const auto key = body.required(member);
    body.refuse_others();
    if (!key) return std::unexpected(std::move(findings.shapes().error()));
    return read_snarkjs(*key, pointer, findings);
  }
  const bool is_program = member != "key";
  const auto value = is_program ? body.text(member) : body.base64(member);
  body.refuse_others();
  return is_program ? read_program(*format, value, pointer, findings, std::move(verifiers))
                    : read_binary(*format, value, pointer, findings);
}

}  // namespace

std::string_view to_string(Format format) { return kNames.at(static_cast<std::size_t>(format)); }

std::optional<Format> parse_format(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Format>(found - kNames.begin());
}

bool is_receipt(Format format) { return format == Format::risc0 || format == Format::sp1; }

std::string_view statement_member(Format format) {
  switch (format) {
    case Format::risc0:
      return "journal";
    case Format::sp1:
      return "public_values";
    default:
      return "public_signals";
  }
}

const Digest& Circuit::id() const { return state_->id; }
Format Circuit::format() const { return state_->format; }
const std::string& Circuit::canonical() const { return state_->canonical; }

std::size_t Circuit::public_signals() const {
  const auto* key = std::get_if<PreparedKey>(&state_->proves);
  return key ? key->public_signals() : latest_public_signals(format());
}

Result<Circuit> read_circuit(const Value& body, std::shared_ptr<const ReceiptVerifiers> verifiers) {
  Findings findings;
  if (!body.find("format")) return read_snarkjs(body, "", findings);
  Members members(body, "", findings);
  return read_named(members, findings, std::move(verifiers));
}

Result<Circuit> restore_circuit(std::string_view canonical,
                                std::shared_ptr<const ReceiptVerifiers> verifiers) {
  const std::size_t head = kMagic.size() + 1;
  if (!canonical.starts_with(kMagic) || canonical.size() <= head ||
      static_cast<unsigned char>(canonical[kMagic.size()]) >= kNames.size()) {
    return fail(Code::corrupt, "the stored circuit has no known form");
  }
  const auto format = static_cast<Format>(canonical[kMagic.size()]);
  const std::string_view rest = canonical.substr(head);
  if (is_receipt(format)) {
    if (!is_program_id(format, rest)) {
      return fail(Code::corrupt, "the stored circuit names no program");
    }
    return make_program(format, std::string(rest), std::move(verifiers));
  }
  const auto key = read_words_key(rest);
  auto circuit = key ? make_groth16(format, *key) : std::unexpected(key.error());
  if (!circuit) return fail(Code::corrupt, "the stored circuit: " + circuit.error().message);
  return circuit;
}

}  // namespace vcp::zk
