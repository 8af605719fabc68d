// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "answers.hpp"
#include "handlers.hpp"
#include "vcp/coordinator/catalog.hpp"

/// What the routes of everything that is named by its digest and owned have in common.
namespace vcp::api {

/// The entry of that digest which the caller may see; null if there is none.
template <class T>
[[nodiscard]] coordinator::Catalog<T>::Ptr find_visible(const coordinator::Catalog<T>& catalog,
                                                        const http::Principal& who,
                                                        const Digest& digest) {
  auto entry = catalog.find(who.owner, digest);
  if (!entry && who.role == http::Role::admin) entry = catalog.find(digest);
  return entry;
}

/// The entry named in the path, if the caller may see it; `what` is what it is called.
template <class T>
[[nodiscard]] Result<typename coordinator::Catalog<T>::Ptr> find_in_path(
    const coordinator::Catalog<T>& catalog, const http::Request& request, std::string_view what) {
  const auto digest = Digest::parse(request.param("id"));
  auto entry = digest ? find_visible(catalog, request.principal, *digest) : nullptr;
  if (!entry) return not_found(what);
  return entry;
}

/// The owner and digest after which a page begins: what the cursor of the page before says.
[[nodiscard]] Result<std::optional<std::pair<std::string, Digest>>> place_of(const Query& query);

/// A page of the entries that the caller may see, each as `render` has it.
template <class T>
[[nodiscard]] Async<Handled> list_catalog(State& api, const http::Request& request,
                                          const coordinator::Catalog<T>& catalog,
                                          std::string (*render)(const T&)) {
  const auto query = Query::parse(request, {kLimitName, kCursorName});
  if (!query) co_return std::unexpected(query.error());
  const auto limit = limit_of(*query);
  if (!limit) co_return std::unexpected(limit.error());
  const auto after = place_of(*query);
  if (!after) co_return std::unexpected(after.error());

  auto entries = catalog.list(visible_owner(request.principal), *after, *limit + 1);
  const Result<> durable = co_await api.coordinator().durable_now();
  if (!durable) co_return std::unexpected(durable.error());

  std::optional<std::string> next;
  if (entries.size() > *limit) {
    entries.pop_back();
    next = entries.back()->owner + std::string(entries.back()->digest.view());
  }
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  for (const auto& entry : entries) writer.raw(render(*entry));
  writer.end_array();
  co_return list_response(request, std::move(items), next);
}

}  // namespace vcp::api
