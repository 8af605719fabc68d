// SPDX-License-Identifier: Apache-2.0
#include "target.hpp"

#include <utility>

#include "vcp/base/json.hpp"
#include "vcp/client/blocking.hpp"
#include "vcp/client/url.hpp"

namespace vcp::load {
namespace {

constexpr std::string_view kModule =
    R"((module (memory (export "memory") 1) (func (export "_start"))))";

Result<Endpoint> resolve(asio::io_context& io, const client::Url& url) {
  asio::ip::tcp::resolver resolver(io);
  boost::system::error_code error;
  const auto found = resolver.resolve(url.host, std::to_string(url.port), error);
  if (error) return fail(Code::io, "cannot find " + url.host + ": " + error.message());
  return found.begin()->endpoint();
}

/// A member of an object; null if it is not there or no such number.
std::optional<std::uint64_t> count_in(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->as_uint64() : std::nullopt;
}

}  // namespace

Result<std::unique_ptr<Target>> Target::open(asio::io_context& io, std::string_view url,
                                             std::string token) {
  const auto parsed = client::parse_url(url);
  if (!parsed) return std::unexpected(parsed.error());
  if (parsed->tls || !parsed->path.empty()) {
    return fail(Code::invalid, "the load is sent in the clear: http://HOST:PORT is wanted");
  }
  const auto endpoint = resolve(io, *parsed);
  if (!endpoint) return std::unexpected(endpoint.error());
  auto http = client::Http::open(io, *parsed);
  if (!http) return std::unexpected(http.error());
  return std::unique_ptr<Target>(new Target(io, std::move(*http), *endpoint, std::move(token)));
}

Target::Target(asio::io_context& io, std::unique_ptr<client::Http> http, const Endpoint& endpoint,
               std::string token)
    : io_(io),
      http_(std::move(http)),
      endpoint_(endpoint),
      host_(http_->url().authority()),
      token_(std::move(token)),
      api_(io, *http_, token_, random_) {}

Request Target::request(std::string_view method, std::string_view target,
                        std::string_view content_type, std::string_view body) const {
  return {.method = method,
          .target = target,
          .host = host_,
          .bearer = token_,
          .content_type = content_type,
          .body = body};
}

Result<std::string> Target::upload_module() {
  client::Request request{.verb = client::Verb::post,
                          .target = "/modules",
                          .body = kModule,
                          .content_type = "text/wat"};
  const auto answer = client::wait_for(io_, api_.call(std::move(request)));
  if (!answer) return std::unexpected(answer.error());
  json::Document document;
  const auto body = document.parse(answer->body);
  const auto id = body ? body->find("module_id") : std::nullopt;
  auto text = id ? id->as_string() : std::nullopt;
  if (!text) return fail(Code::malformed, "the server's answer names no module");
  return std::move(*text);
}

Async<Result<Statistics>> Target::statistics() {
  client::Request request{.target = "/cluster/stats"};
  const auto answer = co_await api_.call(std::move(request));
  if (!answer) co_return std::unexpected(answer.error());
  json::Document document;
  const auto body = document.parse(answer->body);
  if (!body) co_return std::unexpected(body.error());
  const auto nodes = count_in(*body, "healthy_nodes");
  const auto completed = count_in(*body, "completed_tasks");
  const auto failed = count_in(*body, "failed_tasks");
  if (!nodes || !completed || !failed) {
    co_return fail(Code::malformed, "the server's statistics lack a member");
  }
  co_return Statistics{.healthy_nodes = *nodes, .ended_tasks = *completed + *failed};
}

}  // namespace vcp::load
