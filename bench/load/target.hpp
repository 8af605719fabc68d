// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "driver.hpp"
#include "prepared.hpp"
#include "vcp/base/async.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/client/api.hpp"
#include "vcp/client/http.hpp"

namespace vcp::load {

/// What a scenario asks of GET /cluster/stats.
struct Statistics {
  std::uint64_t healthy_nodes = 0;
  std::uint64_t ended_tasks = 0;  ///< completed or failed
};

/// The server under load, and a bearer's way to it. One thread.
class Target {
 public:
  /// Finds the server's address; blocks. `invalid` for a URL that is not plain http.
  [[nodiscard]] static Result<std::unique_ptr<Target>> open(asio::io_context& io,
                                                            std::string_view url,
                                                            std::string token);

  [[nodiscard]] asio::io_context& io() const { return io_; }
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] Random& random() { return random_; }

  /// A request by the bearer, below /api/v1. Lives as long as the target and its arguments.
  [[nodiscard]] Request request(std::string_view method, std::string_view target,
                                std::string_view content_type = {},
                                std::string_view body = {}) const;

  /// Sends the module that tasks of the load run, a WASI command that does nothing; its id. Blocks.
  [[nodiscard]] Result<std::string> upload_module();

  [[nodiscard]] Async<Result<Statistics>> statistics();

 private:
  Target(asio::io_context& io, std::unique_ptr<client::Http> http, const Endpoint& endpoint,
         std::string token);

  asio::io_context& io_;
  SystemRandom random_;
  std::unique_ptr<client::Http> http_;
  Endpoint endpoint_;
  std::string host_;
  std::string token_;
  client::Api api_;
};

}  // namespace vcp::load
