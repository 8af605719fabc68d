// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.hpp"
#include "vcp/coordinator/fl_jobs.hpp"
#include "vcp/http/message.hpp"

namespace vcp::api {

/// The job named in the path, if the caller may see it: its owner's, or the one of an `fl_client`.
[[nodiscard]] Result<coordinator::FlJobView> find_fl_job(State& api, const http::Request& request);

/// The number of a round in the path: `not_found` if it is none.
[[nodiscard]] Result<std::uint64_t> fl_round_of(const http::Request& request);

}  // namespace vcp::api
