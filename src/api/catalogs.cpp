// SPDX-License-Identifier: Apache-2.0
#include "catalogs.hpp"

namespace vcp::api {

Result<std::optional<std::pair<std::string, Digest>>> place_of(const Query& query) {
  const auto cursor = cursor_of(query);
  if (!cursor) return std::unexpected(cursor.error());
  if (!*cursor) return std::nullopt;
  const std::string& place = **cursor;
  Digest digest;
  if (place.size() < digest.bytes.size()) {
    return fail_field("?cursor", "is not a cursor that a list gave");
  }
  const std::size_t owner_size = place.size() - digest.bytes.size();
  std::copy(place.begin() + static_cast<std::ptrdiff_t>(owner_size), place.end(),
            digest.bytes.begin());
  return std::pair(place.substr(0, owner_size), digest);
}

}  // namespace vcp::api
