// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "vcp/http/message.hpp"
#include "vcp/http/route.hpp"

namespace vcp::http {

/// Writes one line about a request that was answered: at `info` if it failed by our fault or took
/// a second where it should not, else at `debug`. Neither query nor header fields are in it, so no
/// token can be.
void log_access(const Request& request, std::string_view method, const Route* route,
                unsigned status, double seconds);

/// A handler threw.
void log_exception(const Request& request, std::string_view what);

}  // namespace vcp::http
