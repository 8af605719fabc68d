// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

// Bytes are std::string and std::string_view throughout.
namespace vcp {

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// Reads hexadecimal of either case; nothing if the length is odd or a digit is none.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);

/// Standard base64 with padding (RFC 4648, section 4).
[[nodiscard]] std::string to_base64(std::string_view bytes);

/// Appends the base64 of `bytes` to `out`.
void append_base64(std::string& out, std::string_view bytes);

/// Reads standard padded base64 and nothing else: no white space, no URL alphabet, no bits left
/// over in the last digit. Nothing if it is not that.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

/// Whether the bytes are well-formed UTF-8 (no surrogates, nothing overlong).
[[nodiscard]] bool is_utf8(std::string_view bytes);

}  // namespace vcp
