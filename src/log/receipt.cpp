// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/receipt.hpp"

#include <cstring>
#include <optional>
#include <utility>

#include "vcp/base/encoding.hpp"
#include "vcp/base/json.hpp"
#include "vcp/log/canonical_json.hpp"

namespace vcp::log {
namespace {

constexpr std::size_t kMaxProofHashes = 64;  // as a tree of 2^64 leaves would have

/// The error as one about a member.
std::unexpected<Error> about(std::string_view member, const Error& error) {
  return fail_field(json::pointer("", member), error.message);
}

std::unexpected<Error> not_a(std::string_view member, std::string_view kind) {
  return fail_field(json::pointer("", member), "must be " + std::string(kind));
}

std::optional<Digest> read_hash(json::Value value) {
  Digest digest;
  const auto text = value.as_string();
  const auto bytes = text ? from_base64(*text) : std::nullopt;
  if (!bytes || bytes->size() != digest.bytes.size()) return std::nullopt;
  std::memcpy(digest.bytes.data(), bytes->data(), digest.bytes.size());
  return digest;
}

Result<std::uint64_t> read_count(json::Value object, std::string_view member) {
  const auto value = object.find(member);
  const auto count = value ? value->as_uint64() : std::nullopt;
  if (!count) return not_a(member, "an integer from 0");
  return *count;
}

Result<Proof> read_proof(json::Value object, std::string_view member) {
  const auto array = object.find(member);
  if (!array || !array->is(json::Kind::array)) return not_a(member, "an array");
  if (array->size() > kMaxProofHashes) return not_a(member, "of at most 64 hashes");
  Proof proof;
  for (const json::Item element : *array) {
    const auto hash = read_hash(element.value);
    if (!hash) {
      return fail_field(json::pointer(json::pointer("", member), proof.size()),
                        "must be 32 bytes in base64");
    }
    proof.push_back(*hash);
  }
  return proof;
}

Result<Evidence> read_evidence(json::Value object) {
  const auto leaf_index = read_count(object, "leaf_index");
  if (!leaf_index) return std::unexpected(leaf_index.error());
  const auto tree_size = read_count(object, "tree_size");
  if (!tree_size) return std::unexpected(tree_size.error());
  auto proof = read_proof(object, "inclusion_proof");
  if (!proof) return std::unexpected(std::move(proof.error()));
  const auto checkpoint = object.find("checkpoint");
  auto note = checkpoint ? checkpoint->as_string() : std::nullopt;
  if (!note) return not_a("checkpoint", "a string");
  return Evidence{.leaf_index = *leaf_index,
                  .tree_size = *tree_size,
                  .inclusion_proof = std::move(*proof),
                  .checkpoint = std::move(*note)};
}

Result<std::string> read_receipt(json::Value object) {
  const auto receipt = object.find("receipt");
  if (!receipt || !receipt->is(json::Kind::object)) return not_a("receipt", "an object");
  Result<std::string> canonical = canonical_json(*receipt);
  if (!canonical) {
    const FieldError& field = canonical.error().fields.front();
    return fail_field("/receipt" + field.pointer, field.detail);
  }
  return canonical;
}

/// That the proof leads from the receipt's digest to the root of the checkpoint.
Result<> check_inclusion(const Digest& receipt, const Evidence& evidence, const TreeHead& tree) {
  if (evidence.tree_size != tree.size) {
    return fail_field("/tree_size", "is " + std::to_string(evidence.tree_size) +
                                        ", but the checkpoint's tree has " +
                                        std::to_string(tree.size) + " leaves");
  }
  const Result<Digest> root = root_from_inclusion(
      evidence.leaf_index, evidence.tree_size, leaf_hash(receipt.view()), evidence.inclusion_proof);
  if (!root) {
    return about(evidence.leaf_index < tree.size ? "inclusion_proof" : "leaf_index", root.error());
  }
  if (*root == tree.root) return {};
  return fail_field("/inclusion_proof", "leads from the receipt, sha256 " + receipt.hex() +
                                            ", as leaf " + std::to_string(evidence.leaf_index) +
                                            " to another root than the checkpoint's");
}

}  // namespace

std::string receipt_with_evidence(std::string_view receipt, const Evidence& evidence) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().key("receipt").raw(receipt);
  writer.member("leaf_index", evidence.leaf_index).member("tree_size", evidence.tree_size);
  writer.key("inclusion_proof").begin_array();
  for (const Digest& hash : evidence.inclusion_proof) writer.base64(hash.view());
  writer.end_array().member("checkpoint", evidence.checkpoint).end_object();
  return out;
}

Result<VerifiedReceipt> verify_receipt(std::string_view json, std::span<const VerifierKey> keys) {
  if (json.size() > kMaxReceiptBytes) {
    return fail(Code::too_large, "a receipt with its evidence is at most 16 MiB");
  }
  json::Document document;
  const Result<json::Value> value = document.parse(json);
  if (!value) return std::unexpected(value.error());
  if (!value->is(json::Kind::object)) return fail_field("", "must be an object");

  Result<std::string> receipt = read_receipt(*value);
  if (!receipt) return std::unexpected(std::move(receipt.error()));
  const Result<Evidence> evidence = read_evidence(*value);
  if (!evidence) return std::unexpected(evidence.error());

  Result<SignedCheckpoint> checkpoint = open_checkpoint(evidence->checkpoint, keys);
  if (!checkpoint) return about("checkpoint", checkpoint.error());
  const Digest digest = sha256(*receipt);
  const Result<> included = check_inclusion(digest, *evidence, checkpoint->checkpoint.tree);
  if (!included) return std::unexpected(included.error());
  return VerifiedReceipt{.receipt = std::move(*receipt),
                         .digest = digest,
                         .leaf_index = evidence->leaf_index,
                         .checkpoint = std::move(*checkpoint)};
}

}  // namespace vcp::log
