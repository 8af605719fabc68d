// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "formats/binary.hpp"
#include "formats/circuit_state.hpp"
#include "formats/findings.hpp"
#include "formats/snarkjs.hpp"
#include "vcp/base/encoding.hpp"
#include "vcp/zk/circuit.hpp"

namespace vcp::zk {
namespace {

using json::Value;

/// A seal is base64, or hexadecimal after 0x.
std::optional<std::string> read_seal(Members& members, Findings& findings) {
  const auto text = members.text("proof");
  if (!text) return std::nullopt;
  auto bytes = text->starts_with("0x") ? from_hex(std::string_view(*text).substr(2)) : std::nullopt;
  if (!bytes) bytes = from_base64(*text);
  if (!bytes) findings.shape(members.pointer("proof"), "is neither base64 nor 0x and hex digits");
  return bytes;
}

Result<Presentation> read_zkvm(const ZkvmProgram& zkvm, Members& members, Findings& findings,
                               std::optional<std::string_view> output) {
  const auto seal = read_seal(members, findings);
  std::optional<std::string> statement;
  if (!output) statement = members.base64(statement_member(zkvm.program.zkvm));
  if (auto shapes = findings.shapes(); !shapes) return std::unexpected(std::move(shapes.error()));
  return read_receipt(*zkvm.verifiers, zkvm.program, seal.value(),
                      output ? *output : std::string_view(statement.value()));
}

Proof read_binary_proof(Format format, Members& members, Findings& findings) {
  const auto bytes = members.base64("proof");
  if (!bytes) return {};
  const auto proof =
      format == Format::gnark ? read_gnark_proof(*bytes) : read_arkworks_proof(*bytes);
  if (!proof) findings.flaw(members.pointer("proof"), proof.error().message);
  return proof.value_or(Proof{});
}

Result<Presentation> read_groth16(const PreparedKey& key, Format format, Members& members,
                                  Findings& findings) {
  Presentation presentation{.key = key, .proof = {}, .signals = {}, .flaw = {}};
  if (format != Format::snarkjs) {
    presentation.proof = read_binary_proof(format, members, findings);
  } else if (const auto proof = members.required("proof")) {
    presentation.proof = read_snarkjs_proof(*proof, members.pointer("proof"), findings);
  }
  if (const auto signals = members.required("public_signals")) {
    presentation.signals =
        read_signals(*signals, members.pointer("public_signals"), key.public_signals(), findings);
  }
  if (auto shapes = findings.shapes(); !shapes) return std::unexpected(std::move(shapes.error()));
  presentation.flaw = findings.first_flaw();
  return presentation;
}

Outcome outcome_of(Verdict verdict) {
  if (verdict == Verdict::valid) return {.valid = true, .reason = {}};
  return {.valid = false, .reason = std::string(to_string(verdict))};
}

bool is_flawed(const Presentation& presentation) { return !presentation.flaw.empty(); }

/// The presentations without a flaw that are verified under one key.
struct KeyGroup {
  PreparedKey key;
  std::vector<std::size_t> members;
  std::vector<Claim> claims;
};

std::vector<KeyGroup> group_by_key(std::span<const Presentation> presentations) {
  std::vector<KeyGroup> groups;
  for (std::size_t i = 0; i < presentations.size(); ++i) {
    if (is_flawed(presentations[i])) continue;
    const PreparedKey& key = *presentations[i].key;
    auto group = std::ranges::find_if(
        groups, [&](const KeyGroup& known) { return &known.key.verifier() == &key.verifier(); });
    if (group == groups.end()) {
      group = groups.insert(group, KeyGroup{.key = key, .members = {}, .claims = {}});
    }
    group->members.push_back(i);
    group->claims.push_back({&presentations[i].proof, presentations[i].signals});
  }
  return groups;
}

}  // namespace

Result<Presentation> read_presentation(const Circuit& circuit, const Value& object,
                                       const std::string& pointer,
                                       std::optional<std::string_view> output) {
  Findings findings;
  Members members(object, pointer, findings);
  if (auto shapes = findings.shapes(); !shapes) return std::unexpected(std::move(shapes.error()));
  const Circuit::State& state = circuit.state();
  if (const auto* zkvm = std::get_if<ZkvmProgram>(&state.proves)) {
    return read_zkvm(*zkvm, members, findings, output);
  }
  return read_groth16(std::get<PreparedKey>(state.proves), state.format, members, findings);
}

Outcome verify(const Presentation& presentation) {
  if (is_flawed(presentation)) return {.valid = false, .reason = presentation.flaw};
  return outcome_of(verify(*presentation.key, presentation.proof, presentation.signals));
}

std::vector<Outcome> verify_batch(std::span<const Presentation> presentations, Random& random) {
  std::vector<Outcome> outcomes(presentations.size());
  for (std::size_t i = 0; i < presentations.size(); ++i) outcomes[i].reason = presentations[i].flaw;
  for (const KeyGroup& group : group_by_key(presentations)) {
    const auto verdicts = verify_batch(group.key, group.claims, random);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      outcomes[group.members[i]] = outcome_of(verdicts[i]);
    }
  }
  return outcomes;
}

}  // namespace vcp::zk
