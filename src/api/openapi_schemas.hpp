// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace vcp::api {

/// A JSON Schema (draft 2020-12) under the name that routes refer to it by.
struct Schema {
  std::string_view name;
  std::string_view json;
};

/// Every schema of the API, in the order in which the reference shows them. What a request may
/// hold is what the parsers accept; answers may gain members, so theirs stay open.
[[nodiscard]] std::span<const Schema> schemas();

/// Those among them of circuits and proofs.
[[nodiscard]] std::span<const Schema> proof_schemas();

/// Those among them of federated learning.
[[nodiscard]] std::span<const Schema> fl_schemas();

}  // namespace vcp::api
