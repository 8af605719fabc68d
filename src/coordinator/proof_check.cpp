// SPDX-License-Identifier: Apache-2.0
#include "proof_check.hpp"

#include "vcp/base/json.hpp"
#include "vcp/coordinator/binding.hpp"

namespace vcp::coordinator {
namespace {

using Flaw = std::optional<std::string>;

Result<std::string> read(const mesh::Payload& payload, const store::ContentStore& files) {
  if (payload.content) return files.read(*payload.content);
  return payload.bytes;
}

BoundRun run_of(const mesh::Task& task, std::string_view output) {
  const mesh::Payload& input = task.spec->input;
  return {.module = task.spec->module,
          .input = input.content ? *input.content : sha256(input.bytes),
          .task = sha256(task.id.to_string()),
          .output = output};
}

}  // namespace

Result<Flaw> find_flaw(const mesh::Task& task, const mesh::TaskResult& answer,
                       const store::ContentStore& files, ProofVerifier& proofs) {
  if (!answer.proof) return Flaw("the result has no proof");
  const mesh::ProofDemand& demand = *task.spec->verification.proof;
  const auto circuit = proofs.load(demand.circuit);
  if (!circuit) return std::unexpected(circuit.error());
  const auto text = read(answer.proof->document, files);
  if (!text) return std::unexpected(text.error());
  const auto output = read(answer.output, files);
  if (!output) return std::unexpected(output.error());

  json::Document document;
  const auto sent = document.parse(*text);
  if (!sent) return Flaw(sent.error().message);
  const auto statement =
      zk::is_receipt(circuit->format()) ? std::optional<std::string_view>(*output) : std::nullopt;
  const auto presentation = zk::read_presentation(*circuit, *sent, "", statement);
  if (!presentation) return Flaw(presentation.error().message);
  // Comparing is cheaper than pairing.
  if (presentation->flaw.empty() && !statement) {
    if (auto unbound = find_unbound(demand.bind, presentation->signals, run_of(task, *output))) {
      return unbound;
    }
  }
  const CheckedProof checked = proofs.verify(*presentation);
  return checked.outcome.valid ? Flaw() : Flaw(checked.outcome.reason);
}

}  // namespace vcp::coordinator
