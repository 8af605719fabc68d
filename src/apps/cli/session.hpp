// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/json.hpp"
#include "vcp/base/random.hpp"
#include "vcp/base/result.hpp"
#include "vcp/client/api.hpp"
#include "vcp/client/http.hpp"

namespace vcp::cli {

/// Where the server is and who asks.
struct SessionOptions {
  std::string server = "http://127.0.0.1:8080";
  std::string ca_file;
  std::string token;
};

/// Calls to the server, one at a time. Whatever may be repeated is tried again for a while.
class Session {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Session>> open(const SessionOptions& options);

  /// The body of the answer. `timeout` is for the answer to begin.
  [[nodiscard]] Result<std::string> get(std::string target,
                                        std::chrono::seconds timeout = kTimeout);

  /// As `get`, of a target that is not below the API.
  [[nodiscard]] Result<std::string> get_at_root(std::string target);

  /// A POST, under an Idempotency-Key.
  [[nodiscard]] Result<std::string> post(std::string target, std::string_view body,
                                         std::string_view content_type,
                                         std::chrono::seconds timeout = kTimeout);

  /// A PUT.
  [[nodiscard]] Result<std::string> put(std::string target, std::string_view body,
                                        std::string_view content_type);

  [[nodiscard]] Result<> remove(std::string target);

  /// Gives the body to `sink`, part by part.
  [[nodiscard]] Result<> download(std::string target, const client::Sink& sink);

  /// The first `limit` items of a list, each as JSON, over as many pages as it takes. `target`
  /// may have a query.
  [[nodiscard]] Result<std::vector<std::string>> list(std::string target, std::size_t limit);

 private:
  static constexpr std::chrono::seconds kTimeout{60};

  Session() = default;
  [[nodiscard]] Result<std::string> call(client::Request request);

  asio::io_context io_{1};
  SystemRandom random_;
  std::unique_ptr<client::Http> http_;
  std::unique_ptr<client::Api> api_;
};

}  // namespace vcp::cli
