// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "vcp/agent/link.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/client/url.hpp"

namespace vcp::agent {

struct HttpLinkOptions {
  client::Url url = {};
  std::string ca_file = {};  ///< PEM; empty: the system's authorities
  std::string node_id = {};
  std::string join_token = {};  ///< for the first registration; may be empty afterwards
  std::filesystem::path data_dir =
      {};  ///< where the node's own token is kept, readable by nobody else
};

/// The link over the REST API. One thread, but for interrupt().
class HttpLink final : public Link {
 public:
  /// `random` must outlive it. Errors as client::Http::open, and `io` if a kept token is there but
  /// cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<HttpLink>> open(asio::io_context& io,
                                                              HttpLinkOptions options,
                                                              Random& random);
  ~HttpLink() override;

  /// With the node's own token if there is one, else with the join token; the token that comes
  /// back is on disk before this returns.
  Async<Result<>> register_node(const Registration& registration) override;
  Async<Result<HeartbeatReply>> heartbeat(const Heartbeat& beat) override;
  Async<Result<std::vector<Lease>>> lease(std::uint32_t max, std::chrono::seconds wait) override;
  Async<Result<std::vector<Settlement>>> report(std::span<const Report> reports) override;
  Async<Result<>> download(ContentKind kind, const Digest& id, const ByteSink& sink) override;
  void interrupt() override;

 private:
  class Impl;
  explicit HttpLink(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace vcp::agent
