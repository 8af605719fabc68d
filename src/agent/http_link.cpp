// SPDX-License-Identifier: Apache-2.0
#include "vcp/agent/http_link.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "identity.hpp"
#include "vcp/client/api.hpp"
#include "vcp/client/http.hpp"
#include "wire.hpp"

namespace vcp::agent {

namespace {

using client::Api;
using client::Http;
using client::Request;
using client::Response;
using client::Verb;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kNdjson = "application/x-ndjson";

/// A heartbeat that takes longer is of no use: the next one is due.
constexpr std::chrono::seconds kHeartbeatTimeout{10};

/// On top of the time that a request for leases may wait.
constexpr std::chrono::seconds kPollMargin{15};

constexpr std::uint64_t kMaxLeasesBytes = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxContentBytes = std::uint64_t{16} << 30;

}  // namespace

class HttpLink::Impl {
 public:
  Impl(asio::io_context& io, std::unique_ptr<Http> http, std::unique_ptr<Http> waiting_http,
       Identity identity, HttpLinkOptions options, Random& random)
      : executor_(io.get_executor()),
        http_(std::move(http)),
        waiting_http_(std::move(waiting_http)),
        identity_(std::move(identity)),
        options_(std::move(options)),
        random_(random),
        calls_(io, *http_, identity_.token(), random),
        waiting_calls_(io, *waiting_http_, identity_.token(), random),
        node_path_("/nodes/" + client::percent_encode(options_.node_id)) {}

  Async<Result<>> register_node(const Registration& registration) {
    const std::string body = wire::registration_body(registration);
    if (!identity_.token().empty()) {
      const std::string no_key;
      auto known = co_await post_registration(body, identity_.token(), no_key);
      if (known) co_return use_token(identity_.token());
      bool try_joining =
          known.error().code == Code::unauthenticated && !options_.join_token.empty();
      if (!try_joining) co_return std::unexpected(std::move(known.error()));
    }
    if (options_.join_token.empty()) {
      co_return fail(Code::unauthenticated, "the first registration needs a token file");
    }
    auto key = identity_.registration_key(body, random_);
    if (!key) co_return std::unexpected(std::move(key.error()));
    auto answer = co_await post_registration(body, options_.join_token, *key);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return keep_token(answer->body);
  }

  Async<Result<HeartbeatReply>> heartbeat(const Heartbeat& beat) {
    const std::string body = wire::heartbeat_body(beat);
    Request request{.verb = Verb::put,
                    .target = node_path_ + "/heartbeat",
                    .body = body,
                    .content_type = kJson,
                    .timeout = kHeartbeatTimeout};
    auto answer = co_await calls_.call(std::move(request));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return wire::parse_heartbeat_reply(answer->body);
  }

  Async<Result<std::vector<Lease>>> lease(std::uint32_t max, std::chrono::seconds wait) {
    Request request{.verb = Verb::post,
                    .target = node_path_ + "/leases?max=" + std::to_string(max) +
                              "&wait=" + std::to_string(wait.count()),
                    .timeout = wait + kPollMargin,
                    .max_body_bytes = kMaxLeasesBytes};
    auto answer = co_await waiting_calls_.call(std::move(request));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return wire::parse_leases(answer->body);
  }

  Async<Result<std::vector<Settlement>>> report(std::span<const Report> reports) {
    if (reports.size() == 1) co_return co_await report_one(reports.front());
    const std::string body = wire::results_body(options_.node_id, reports);
    Request request{.verb = Verb::post,
                    .target = node_path_ + "/results",
                    .body = body,
                    .content_type = kNdjson};
    auto answer = co_await calls_.call(std::move(request));
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return wire::parse_settlements(answer->body);
  }

  Async<Result<>> download(ContentKind kind, const Digest& id, const ByteSink& sink) {
    std::string path = kind == ContentKind::module ? "/modules/" : "/blobs/";
    Request request{.target = path + id.to_string() + "/content",
                    .max_body_bytes = kMaxContentBytes};
    auto answer = co_await waiting_calls_.call(std::move(request), sink);
    if (!answer) co_return std::unexpected(std::move(answer.error()));
    co_return Result<>();
  }

  void interrupt() {
    asio::post(executor_, [http = waiting_http_.get()] { http->close(); });
  }

 private:
  Async<Result<Response>> post_registration(const std::string& body, const std::string& token,
                                            const std::string& key) {
    calls_.set_token(token);
    Request request{.verb = Verb::post,
                    .target = "/nodes",
                    .body = body,
                    .content_type = kJson,
                    .idempotency_key = key};
    co_return co_await calls_.call(std::move(request));
  }

  Result<> keep_token(const std::string& body) {
    auto token = wire::parse_node_token(body);
    if (!token) return std::unexpected(std::move(token.error()));
    if (token->empty()) return fail(Code::malformed, "the coordinator gave no node_token");
    if (auto kept = identity_.keep_token(*token); !kept) return kept;
    return use_token(*token);
  }

  Result<> use_token(const std::string& token) {
    calls_.set_token(token);
    waiting_calls_.set_token(token);
    return {};
  }

  Async<Result<std::vector<Settlement>>> report_one(const Report& report) {
    const std::string body = wire::result_body(options_.node_id, report);
    Request request{.verb = Verb::post,
                    .target = "/tasks/" + client::percent_encode(report.task_id) + "/result",
                    .body = body,
                    .content_type = kJson};
    auto answer = co_await calls_.call(std::move(request));
    if (answer) co_return std::vector<Settlement>{Settlement::accepted};
    auto settlement = wire::to_settlement(answer.error());
    if (!settlement) co_return std::unexpected(std::move(settlement.error()));
    co_return std::vector<Settlement>{*settlement};
  }

  Executor executor_;
  std::unique_ptr<Http> http_;
  std::unique_ptr<Http> waiting_http_;  // what interrupt() breaks off
  Identity identity_;
  HttpLinkOptions options_;
  Random& random_;
  Api calls_;
  Api waiting_calls_;
  std::string node_path_;
};

Result<std::unique_ptr<HttpLink>> HttpLink::open(asio::io_context& io, HttpLinkOptions options,
                                                 Random& random) {
  auto http = Http::open(io, options.url, options.ca_file);
  if (!http) return std::unexpected(std::move(http.error()));
  auto waiting_http = Http::open(io, options.url, options.ca_file);
  if (!waiting_http) return std::unexpected(std::move(waiting_http.error()));
  auto identity = Identity::open(options.data_dir);
  if (!identity) return std::unexpected(std::move(identity.error()));
  auto impl = std::make_unique<Impl>(io, std::move(*http), std::move(*waiting_http),
                                     std::move(*identity), std::move(options), random);
  return std::unique_ptr<HttpLink>(new HttpLink(std::move(impl)));
}

HttpLink::HttpLink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpLink::~HttpLink() = default;

Async<Result<>> HttpLink::register_node(const Registration& registration) {
  return impl_->register_node(registration);
}
Async<Result<HeartbeatReply>> HttpLink::heartbeat(const Heartbeat& beat) {
  return impl_->heartbeat(beat);
}
Async<Result<std::vector<Lease>>> HttpLink::lease(std::uint32_t max, std::chrono::seconds wait) {
  return impl_->lease(max, wait);
}
Async<Result<std::vector<Settlement>>> HttpLink::report(std::span<const Report> reports) {
  return impl_->report(reports);
}
Async<Result<>> HttpLink::download(ContentKind kind, const Digest& id, const ByteSink& sink) {
  return impl_->download(kind, id, sink);
}
void HttpLink::interrupt() { impl_->interrupt(); }

}  // namespace vcp::agent
