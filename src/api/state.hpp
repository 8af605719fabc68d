// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "vcp/api/api.hpp"
#include "vcp/http/message.hpp"

namespace vcp::api {

/// What modules export and import, found out once for each as long as it is not among the oldest
/// of too many.
class ModuleInfos {
 public:
  using Ptr = std::shared_ptr<const wasm::ModuleInfo>;

  [[nodiscard]] Ptr find(const Digest& digest) const;
  Ptr put(const Digest& digest, wasm::ModuleInfo info);

 private:
  static constexpr std::size_t kMaxEntries = 1'000;

  mutable std::mutex mutex_;
  std::unordered_map<Digest, Ptr> infos_;
  std::deque<Digest> oldest_;
};

struct Api::State {
  explicit State(Services given) : services(std::move(given)) {}

  Services services;
  ModuleInfos modules;
  std::string openapi;

  [[nodiscard]] coordinator::Coordinator& coordinator() { return services.coordinator; }
  [[nodiscard]] Time now() { return services.coordinator.clock().now(); }
};

using State = Api::State;

}  // namespace vcp::api
