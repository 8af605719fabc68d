// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "state.hpp"
#include "vcp/base/json.hpp"
#include "vcp/coordinator/fl_records.hpp"
#include "vcp/fl/privacy.hpp"

namespace vcp::api {

/// A federated learning job as it is asked for.
struct FlRequest {
  coordinator::FlTerms terms;
  std::optional<fl::PrivacyPlan> plan;  ///< of a private one
};

/// Reads the body of POST /fl/jobs; `invalid` with all bad fields.
[[nodiscard]] Result<FlRequest> parse_fl_job(json::Value body, const Limits& limits);

/// Whether a text may be a client's id: 1 to 64 of letters, digits, `_`, `-` and `.`.
[[nodiscard]] bool is_client_id(std::string_view text);

}  // namespace vcp::api
