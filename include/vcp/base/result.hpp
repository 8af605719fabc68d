// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vcp {

/// What kind of thing went wrong; the API gives each its HTTP status.
enum class Code : std::uint8_t {
  malformed,         ///< cannot be parsed at all
  invalid,           ///< parsed, but a field is wrong
  unauthenticated,   ///< no token, or one that does not serve
  forbidden,         ///< a good token without the right
  not_found,         ///< not there, or another owner's
  conflict,          ///< at odds with the present state
  too_large,         ///< over a limit
  unsupported_type,  ///< a media type or coding that is not read
  timed_out,         ///< the other side took too long
  rate_limited,      ///< over a rate or a quota; later it may work
  unavailable,       ///< cannot be served now; later it may work
  no_space,          ///< the disk is full
  corrupt,           ///< stored data is damaged
  io,                ///< the operating system refused
  internal,          ///< a bug
};

/// One wrong field: a JSON pointer (RFC 6901) into the request, and what is wrong with it.
struct FieldError {
  std::string pointer;
  std::string detail;

  friend bool operator==(const FieldError&, const FieldError&) = default;
};

/// An error as a value: what kind, a sentence for a person, and the fields it is about, if any.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::vector<FieldError> fields = {};
};

template <class T = void>
using Result = std::expected<T, Error>;

/// `return fail(Code::not_found, "no such task");`
[[nodiscard]] inline std::unexpected<Error> fail(Code code, std::string message) {
  return std::unexpected(Error{.code = code, .message = std::move(message)});
}

/// An `invalid` about the one field at `pointer`.
[[nodiscard]] inline std::unexpected<Error> fail_field(std::string pointer, std::string detail) {
  std::string message = pointer + ": " + detail;
  return std::unexpected(Error{.code = Code::invalid,
                               .message = std::move(message),
                               .fields = {{std::move(pointer), std::move(detail)}}});
}

/// The name of a code as clients see it in a problem's `error` member, such as "not_found".
[[nodiscard]] std::string_view to_string(Code code);

}  // namespace vcp
