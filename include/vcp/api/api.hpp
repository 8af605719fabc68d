// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vcp/base/random.hpp"
#include "vcp/coordinator/coordinator.hpp"
#include "vcp/coordinator/fl_jobs.hpp"
#include "vcp/http/principal.hpp"
#include "vcp/http/route.hpp"
#include "vcp/wasm/compiler.hpp"
#include "vcp/wasm/module_info.hpp"

namespace vcp::api {

/// Bounds that an operator may set.
struct Limits {
  std::uint64_t body_bytes = 16ULL << 20;
  std::uint64_t module_bytes = 64ULL << 20;
  std::uint64_t batch_bytes = 256ULL << 20;
  std::uint64_t blob_bytes = 1ULL << 30;
  std::uint64_t fl_model_bytes = 4ULL << 30;  ///< of a model of federated learning
};

/// What the routes need of the rest of the server.
struct Services {
  coordinator::Coordinator& coordinator;
  coordinator::FlJobs& fl_jobs;
  const wasm::Compiler& compiler;
  std::filesystem::path spool_directory;  ///< for answers that a client does not take yet
  Limits limits;
  std::function<std::string()> metrics;  ///< in the text format of Prometheus
  std::function<bool()> draining;
  std::string own_node =
      {};  ///< the id of the node that this process is itself; empty if it is none
};

/// The API: what each route parses, calls and renders. It outlives the server that serves it.
class Api {
 public:
  explicit Api(Services services);
  ~Api();

  /// Every route, once.
  [[nodiscard]] std::vector<http::Route> routes();

  [[nodiscard]] http::Authenticator authenticator() const;

  /// The OpenAPI 3.1 document made from the routes, as JSON.
  [[nodiscard]] const std::string& openapi() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// A new token's secret: 256 random bits as text.
[[nodiscard]] std::string make_secret(Random& random);

/// The token that stands for an administrator, made at the first start: its record is committed
/// before the secret is returned.
[[nodiscard]] Async<Result<std::string>> make_admin_token(coordinator::Coordinator& coordinator);

}  // namespace vcp::api
