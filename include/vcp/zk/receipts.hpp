// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>

#include "vcp/base/result.hpp"

namespace vcp::zk {

/// The verifiers of Groth16 receipts that RISC Zero and SP1 have released, with their keys:
/// docs/proof-formats.md lists them. A key is prepared when it is first needed; any thread may use
/// the object.
///
/// A withdrawn release, one that accepted proofs of what did not run, is refused unless allowed by
/// name: "risc0 2.0", "risc0 2.1", "sp1 6.0".
class ReceiptVerifiers {
 public:
  /// `invalid` if a name is none of those.
  [[nodiscard]] static Result<std::shared_ptr<const ReceiptVerifiers>> make(
      std::span<const std::string> allowed_withdrawn = {});

  ~ReceiptVerifiers();
  ReceiptVerifiers(const ReceiptVerifiers&) = delete;
  ReceiptVerifiers& operator=(const ReceiptVerifiers&) = delete;

  struct State;
  [[nodiscard]] const State& state() const { return *state_; }

 private:
  explicit ReceiptVerifiers(std::unique_ptr<const State> state);

  std::unique_ptr<const State> state_;
};

}  // namespace vcp::zk
