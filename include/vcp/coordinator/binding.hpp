// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "vcp/base/hash.hpp"
#include "vcp/zk/field.hpp"

/// What ties a proof to the run of a task: for each public signal, what it must be.
namespace vcp::coordinator {

/// `any`
struct AnySignal {};

/// `literal:<decimal>`
struct LiteralSignal {
  zk::Fr value;
};

/// `module_sha256.hi` and the like: 16 bytes of a hash as a big-endian number. Of `task_id` it is
/// the SHA-256 of the id as text.
struct HalfOfHash {
  enum class Of : std::uint8_t { module, input, output, task };
  Of of = Of::module;
  bool high = true;
};

/// `output[i]`: element i of the output read as a JSON array, an integer from 0 to r - 1.
struct OutputElement {
  std::size_t index = 0;
};

using Binding = std::variant<AnySignal, LiteralSignal, HalfOfHash, OutputElement>;

/// An entry of `bind`; nothing for a word that is none.
[[nodiscard]] std::optional<Binding> parse_binding(std::string_view entry);

/// A run that a proof may be tied to.
struct BoundRun {
  Digest module;
  Digest input;
  Digest task;  ///< SHA-256 of its id as text
  std::string_view output;
};

/// The first signal that is not what `bind`, all of good words, says of it, in words; nothing if
/// all are. An output of more than 4 MiB has no elements.
[[nodiscard]] std::optional<std::string> find_unbound(std::span<const std::string> bind,
                                                      std::span<const zk::Fr> signals,
                                                      const BoundRun& run);

}  // namespace vcp::coordinator
