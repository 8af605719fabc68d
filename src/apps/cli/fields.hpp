// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "vcp/base/json.hpp"
#include "vcp/base/result.hpp"
#include "vcp/base/time.hpp"

/// What people see of the server's JSON.
namespace vcp::cli {

/// Parses an answer, which must outlive the document.
[[nodiscard]] Result<json::Value> read(json::Document& document, std::string_view answer);

/// The member at a path of names with dots between them; "" if it is absent or null. Strings as
/// they are, everything else as JSON.
[[nodiscard]] std::string text_at(const json::Value& object, std::string_view path);

/// A number at a path, rounded to one decimal; "-" if there is none.
[[nodiscard]] std::string rounded_at(const json::Value& object, std::string_view path);

/// The first digits of "sha256:…", enough to tell modules apart.
[[nodiscard]] std::string short_hash(std::string_view hash);

/// How long ago a time of the API was: "12 s", "3 min", "5 h", "9 d".
[[nodiscard]] std::string age(std::string_view rfc3339, Time now);

/// A line for each member that is there, those of nested objects by their paths; without those of
/// the name `left_out`.
[[nodiscard]] std::string describe(const json::Value& object, std::size_t width,
                                   std::string_view left_out);

}  // namespace vcp::cli
