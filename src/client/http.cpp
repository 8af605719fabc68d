// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/http.hpp"

#include <algorithm>
#include <boost/asio/ssl/context.hpp>
#include <optional>
#include <vector>

#include "connection.hpp"

namespace vcp::client {

namespace {

/// Servers close what is idle for a minute; a connection kept for longer than this is not trusted.
constexpr std::chrono::seconds kKeepIdle{30};
constexpr std::size_t kMaxIdleConnections = 8;
constexpr std::chrono::seconds kConnectTimeout{10};

}  // namespace

bool may_repeat(const Request& request) {
  return request.verb == Verb::get || request.verb == Verb::put || !request.idempotency_key.empty();
}

class Http::Impl {
 public:
  Impl(Executor executor, Url url) : executor_(executor), url_(std::move(url)) {}

  Result<> trust(const std::string& ca_file) {
    auto& context = tls_.emplace(asio::ssl::context::tls_client);
    boost::system::error_code ec;
    context.set_verify_mode(asio::ssl::verify_peer, ec);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    if (ca_file.empty()) {
      context.set_default_verify_paths(ec);
    } else {
      context.load_verify_file(ca_file, ec);
    }
    if (ec)
      return fail(Code::invalid, "cannot read certificates: " + ca_file + ": " + ec.message());
    return {};
  }

  Async<Result<Response>> send(const Request& request, const Sink* sink) {
    if (auto kept = take_idle()) {
      auto response = co_await exchange(*kept, request, sink);
      bool closed_meanwhile = !response && response.error().code == Code::io &&
                              !kept->answer_began() && may_repeat(request);
      if (!closed_meanwhile) {
        keep(std::move(kept));
        co_return response;
      }
    }
    auto fresh = std::make_unique<Connection>(executor_, tls_ ? &*tls_ : nullptr);
    active_.push_back(fresh.get());
    auto connected = co_await fresh->connect(url_, kConnectTimeout);
    std::erase(active_, fresh.get());
    if (!connected) co_return std::unexpected(std::move(connected.error()));
    auto response = co_await exchange(*fresh, request, sink);
    keep(std::move(fresh));
    co_return response;
  }

  void close() {
    idle_.clear();
    for (Connection* connection : active_) connection->close();
  }

  [[nodiscard]] const Url& url() const { return url_; }

 private:
  Async<Result<Response>> exchange(Connection& connection, const Request& request,
                                   const Sink* sink) {
    active_.push_back(&connection);
    auto response = co_await connection.exchange(url_, request, sink);
    std::erase(active_, &connection);
    co_return response;
  }

  std::unique_ptr<Connection> take_idle() {
    auto oldest_allowed = Connection::Clock::now() - kKeepIdle;
    std::erase_if(idle_, [&](const auto& kept) { return kept->last_used() < oldest_allowed; });
    if (idle_.empty()) return nullptr;
    auto kept = std::move(idle_.back());
    idle_.pop_back();
    return kept;
  }

  void keep(std::unique_ptr<Connection> connection) {
    if (connection->reusable() && idle_.size() < kMaxIdleConnections) {
      idle_.push_back(std::move(connection));
    }
  }

  Executor executor_;
  Url url_;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<Connection>> idle_;
  std::vector<Connection*> active_;
};

Result<std::unique_ptr<Http>> Http::open(asio::io_context& io, Url url,
                                         const std::string& ca_file) {
  bool tls = url.tls;
  auto impl = std::make_unique<Impl>(io.get_executor(), std::move(url));
  if (tls) {
    if (auto trusted = impl->trust(ca_file); !trusted) {
      return std::unexpected(std::move(trusted.error()));
    }
  }
  return std::unique_ptr<Http>(new Http(std::move(impl)));
}

Http::Http(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Http::~Http() = default;

Async<Result<Response>> Http::send(const Request& request) { return impl_->send(request, nullptr); }

Async<Result<Response>> Http::send(const Request& request, const Sink& sink) {
  return impl_->send(request, &sink);
}

void Http::close() { impl_->close(); }

const Url& Http::url() const { return impl_->url(); }

}  // namespace vcp::client
