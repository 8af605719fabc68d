// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "vcp/coordinator/fl_jobs.hpp"

namespace vcp::api {

/// A federated learning job as JSON.
[[nodiscard]] std::string render_fl_job(const coordinator::FlJobView& view);

/// A round of it as JSON, the open one or one that was closed.
[[nodiscard]] std::string render_fl_round(const coordinator::FlJobView& view,
                                          const coordinator::FlRound& round);

}  // namespace vcp::api
