// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "vcp/api/api.hpp"
#include "vcp/http/message.hpp"

namespace vcp::api {

/// What modules export and import, found out once for each.
class ModuleInfos {
 public:
  using Ptr = std::shared_ptr<const wasm::ModuleInfo>;

  [[nodiscard]] Ptr find(const Digest& digest) const;
  void put(const Digest& digest, wasm::ModuleInfo info);

 private:
  static constexpr std::size_t kMaxEntries = 1'000;

  mutable std::mutex mutex_;
  std::unordered_map<Digest, Ptr> infos_;
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
