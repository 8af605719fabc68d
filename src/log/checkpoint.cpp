// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/checkpoint.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>

#include "vcp/base/encoding.hpp"

namespace vcp::log {
namespace {

/// Takes a line with its newline off the front of `text`; nothing if none is whole.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> parse_size(std::string_view digits) {
  std::uint64_t size = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, size);
  if (error != std::errc{} || end != last) return std::nullopt;
  return digits.size() == 1 || digits.front() != '0' ? std::optional(size) : std::nullopt;
}

std::optional<Digest> parse_root(std::string_view text) {
  Digest root;
  const auto bytes = from_base64(text);
  if (!bytes || bytes->size() != root.bytes.size()) return std::nullopt;
  std::memcpy(root.bytes.data(), bytes->data(), root.bytes.size());
  return root;
}

}  // namespace

std::string to_text(const Checkpoint& checkpoint) {
  assert(!checkpoint.origin.empty() && !checkpoint.origin.contains('\n'));
  return checkpoint.origin + '\n' + std::to_string(checkpoint.tree.size) + '\n' +
         to_base64(checkpoint.tree.root.view()) + '\n';
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || !size || !root) {
    return fail(Code::malformed, "the checkpoint has fewer than three lines");
  }
  if (origin->empty()) return fail(Code::malformed, "the checkpoint names no origin");
  const auto leaves = parse_size(*size);
  if (!leaves) return fail(Code::malformed, "the checkpoint's second line is no tree size");
  const auto digest = parse_root(*root);
  if (!digest) return fail(Code::malformed, "the checkpoint's third line is no root hash");
  while (!text.empty()) {
    const auto extension = take_line(text);
    if (!extension || extension->empty()) {
      return fail(Code::malformed, "the checkpoint has an empty or unfinished line");
    }
  }
  return Checkpoint{.origin = std::string(*origin), .tree = {.size = *leaves, .root = *digest}};
}

Result<SignedCheckpoint> open_checkpoint(std::string_view note, std::span<const VerifierKey> keys) {
  const Result<Note> read = parse_note(note);
  if (!read) return std::unexpected(read.error());
  Result<std::vector<VerifierKey>> signers = verify_note(*read, keys);
  if (!signers) return std::unexpected(std::move(signers.error()));
  Result<Checkpoint> checkpoint = parse_checkpoint(read->text);
  if (!checkpoint) return std::unexpected(std::move(checkpoint.error()));
  const auto is_origin = [&](const VerifierKey& key) { return key.name == checkpoint->origin; };
  if (std::ranges::none_of(*signers, is_origin)) {
    return fail(Code::invalid, "the checkpoint is of the log " + checkpoint->origin +
                                   ", which none of its signers is named after");
  }
  return SignedCheckpoint{std::move(*checkpoint), std::move(*signers)};
}

}  // namespace vcp::log
