// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

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

/// The Idempotency-Keys of submissions that are being answered, for as long as they wait.
class KeysUnderWay {
 public:
  /// Holds a key until it is destroyed.
  class Hold {
   public:
    Hold(KeysUnderWay& keys, std::string key) : keys_(&keys), key_(std::move(key)) {}
    Hold(Hold&& other) noexcept
        : keys_(std::exchange(other.keys_, nullptr)), key_(std::move(other.key_)) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold();

   private:
    KeysUnderWay* keys_;
    std::string key_;
  };

  /// `conflict` if another request holds the key.
  [[nodiscard]] Result<Hold> hold(const coordinator::Once& once);

 private:
  std::mutex mutex_;
  std::set<std::string> held_;
};

struct Api::State {
  explicit State(Services given) : services(std::move(given)) {}

  Services services;
  ModuleInfos modules;
  KeysUnderWay keys;
  std::string openapi;
  std::string docs;

  [[nodiscard]] coordinator::Coordinator& coordinator() { return services.coordinator; }
  [[nodiscard]] Time now() { return services.coordinator.clock().now(); }
};

using State = Api::State;

}  // namespace vcp::api
