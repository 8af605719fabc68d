// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "vcp/coordinator/coordinator.hpp"
#include "vcp/coordinator/fl_jobs.hpp"
#include "vcp/http/server.hpp"

namespace vcp::api {

/// What the server counts and times, for Prometheus. Any thread.
class Metrics {
 public:
  explicit Metrics(std::string_view version);
  ~Metrics();

  /// For http::Server.
  void observe(const http::Observation& request);

  /// For coordinator::Coordinator.
  [[nodiscard]] coordinator::Observer observer();

  /// Everything in the text format, with what `coordinator` and the server have now.
  [[nodiscard]] std::string render(coordinator::Coordinator& coordinator,
                                   const coordinator::FlJobs& fl_jobs,
                                   std::size_t connections) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcp::api
