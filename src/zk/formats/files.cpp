// SPDX-License-Identifier: Apache-2.0
#include "vcp/zk/files.hpp"

#include <string>
#include <utility>

#include "vcp/base/json.hpp"

namespace vcp::zk {
namespace {

using Verifiers = std::shared_ptr<const ReceiptVerifiers>;

constexpr std::string_view kWhiteSpace = " \t\r\n";

bool begins_with(std::string_view text, char character) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  return first != std::string_view::npos && text[first] == character;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

/// Names the file that an error is about.
std::unexpected<Error> in_file(std::string_view file, Error error) {
  error.message = std::string(file) + ": " + error.message;
  return std::unexpected(std::move(error));
}

Result<Circuit> read_circuit_text(std::string_view text, Verifiers verifiers) {
  json::Document document;
  const auto body = document.parse(text);
  if (!body) return std::unexpected(body.error());
  return read_circuit(*body, std::move(verifiers));
}

std::string key_body(Format format, std::string_view bytes) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("format", to_string(format)).key("key").base64(bytes).end_object();
  return body;
}

/// A key file, and how a request would say the same.
struct KeyFile {
  Circuit circuit;
  std::string body;
};

Result<KeyFile> read_key_file(std::string_view key, const Verifiers& verifiers) {
  if (begins_with(key, '{')) {
    auto circuit = read_circuit_text(key, verifiers);
    if (!circuit) return in_file("the key", std::move(circuit.error()));
    return KeyFile{.circuit = std::move(*circuit), .body = std::string(key)};
  }
  std::string tried;
  for (const Format format : {Format::gnark, Format::arkworks}) {
    std::string body = key_body(format, key);
    auto circuit = read_circuit_text(body, verifiers);
    if (circuit) return KeyFile{.circuit = std::move(*circuit), .body = std::move(body)};
    tried += ", nor of " + std::string(to_string(format)) + " (" + circuit.error().message + ")";
  }
  return fail(Code::invalid, "the key: neither JSON" + tried);
}

/// The member `proof` of a request, as JSON.
std::string proof_member(Format format, std::string_view proof) {
  if (format == Format::snarkjs) return std::string(proof);
  std::string member;
  if (is_receipt(format) && trimmed(proof).starts_with("0x")) {
    json::Writer(member).string(trimmed(proof));
  } else {
    json::Writer(member).base64(proof);
  }
  return member;
}

Result<Presentation> present_receipt(const Circuit& circuit, const ProofFiles& files) {
  const std::string body = "{\"proof\":" + proof_member(circuit.format(), files.proof) + "}";
  json::Document document;
  const auto object = document.parse(body);
  if (!object) return std::unexpected(object.error());
  return read_presentation(circuit, *object, "", files.statement);
}

Result<Presentation> present_groth16(const Circuit& circuit, const ProofFiles& files) {
  const std::string proof = proof_member(circuit.format(), files.proof);
  json::Document proof_document;
  json::Document signals_document;
  const auto proof_json = proof_document.parse(proof);
  if (!proof_json) return in_file("the proof", proof_json.error());
  const auto signals_json = signals_document.parse(files.statement);
  if (!signals_json) return in_file("the public signals", signals_json.error());

  std::string body;
  json::Writer(body)
      .begin_object()
      .key("proof")
      .raw(proof_json->source())
      .key("public_signals")
      .raw(signals_json->source())
      .end_object();
  json::Document document;
  return read_presentation(circuit, document.parse(body).value());
}

/// The array of proofs of a batch file.
Result<json::Value> find_proofs(const json::Value& batch) {
  const auto member = batch.find("proofs");
  const json::Value proofs = member ? *member : batch;
  if (!proofs.is(json::Kind::array)) {
    return fail_field(member ? "/proofs" : "", "must be an array of proofs");
  }
  return proofs;
}

/// A proof that cannot be read harms no other.
Presentation present_or_flaw(const Circuit& circuit, const json::Value& item) {
  auto presentation = read_presentation(circuit, item);
  if (presentation) return std::move(*presentation);
  return {.key = std::nullopt, .proof = {}, .signals = {}, .flaw = presentation.error().message};
}

}  // namespace

Result<std::string> circuit_body(std::string_view key, Verifiers verifiers) {
  auto file = read_key_file(key, verifiers);
  if (!file) return std::unexpected(std::move(file.error()));
  return std::move(file->body);
}

Result<Outcome> verify_files(const ProofFiles& files, Verifiers verifiers) {
  const auto key = read_key_file(files.key, verifiers);
  if (!key) return std::unexpected(key.error());
  const Circuit& circuit = key->circuit;
  const auto presentation = is_receipt(circuit.format()) ? present_receipt(circuit, files)
                                                         : present_groth16(circuit, files);
  if (!presentation) return std::unexpected(presentation.error());
  return verify(*presentation);
}

Result<std::vector<Outcome>> verify_batch_file(std::string_view key, std::string_view batch,
                                               Verifiers verifiers, Random& random) {
  const auto file = read_key_file(key, verifiers);
  if (!file) return std::unexpected(file.error());
  json::Document document;
  const auto json = document.parse(batch);
  if (!json) return in_file("the batch", json.error());
  const auto proofs = find_proofs(*json);
  if (!proofs) return in_file("the batch", proofs.error());

  std::vector<Presentation> presentations;
  presentations.reserve(proofs->size());
  for (const json::Item& item : *proofs) {
    presentations.push_back(present_or_flaw(file->circuit, item.value));
  }
  return verify_batch(presentations, random);
}

}  // namespace vcp::zk
