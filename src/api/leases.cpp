// SPDX-License-Identifier: Apache-2.0
#include "answers.hpp"
#include "handlers.hpp"
#include "render.hpp"
#include "vcp/coordinator/handover.hpp"

namespace vcp::api {

namespace {

constexpr std::uint64_t kMaxLeases = 4'096;
constexpr Duration kMaxWait{60'000};

}  // namespace

Async<Handled> post_leases(State& api, http::Request& request) {
  NodeId id{std::string(request.param("id"))};
  if (const Result<> own = acts_for(request.principal, id.value); !own) {
    co_return std::unexpected(own.error());
  }
  const auto query = Query::parse(request, {"max", "wait"});
  if (!query) co_return std::unexpected(query.error());
  const auto max = query->integer("max", 1, kMaxLeases, 1);
  if (!max) co_return std::unexpected(max.error());
  const auto wait = query->wait(kMaxWait);
  if (!wait) co_return std::unexpected(wait.error());

  const auto offers =
      co_await api.coordinator().lease(std::move(id), static_cast<std::uint32_t>(*max), *wait);
  if (!offers) co_return std::unexpected(offers.error());
  const auto inputs = co_await coordinator::read_inputs(api.coordinator(), *offers);
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("leases").begin_array();
  for (std::size_t i = 0; i < offers->size(); ++i) {
    writer.raw(render_lease((*offers)[i], inputs[i].bytes, inputs[i].as_blob));
  }
  writer.end_array().end_object();
  co_return json_response(std::move(body));
}

}  // namespace vcp::api
