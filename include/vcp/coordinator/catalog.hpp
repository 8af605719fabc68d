// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "vcp/base/hash.hpp"
#include "vcp/base/ids.hpp"
#include "vcp/coordinator/records.hpp"

namespace vcp::coordinator {

/// What owners uploaded, by owner and digest, in memory; `T` is Module, Blob or Circuit. Readers
/// copy out; only the writer changes it.
template <class T>
class Catalog {
 public:
  using Ptr = std::shared_ptr<const T>;

  [[nodiscard]] Ptr find(const std::string& owner, const Digest& digest) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find({owner, digest});
    return found == entries_.end() ? nullptr : found->second;
  }

  /// Any owner's: for administrators.
  [[nodiscard]] Ptr find(const Digest& digest) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (key.second == digest) return entry;
    }
    return nullptr;
  }

  /// In the order of owner and digest, from after `after`, at most `limit`.
  [[nodiscard]] std::vector<Ptr> list(const std::optional<std::string>& owner,
                                      const std::optional<std::pair<std::string, Digest>>& after,
                                      std::size_t limit) const {
    std::vector<Ptr> page;
    const std::shared_lock lock(mutex_);
    auto at =
        after ? entries_.upper_bound(*after) : entries_.lower_bound({owner.value_or(""), Digest{}});
    for (; at != entries_.end() && page.size() < limit; ++at) {
      if (owner && at->first.first != *owner) break;
      page.push_back(at->second);
    }
    return page;
  }

  // The writer's only.

  void put(T entry) {
    std::pair key{entry.owner, entry.digest};
    auto record = std::make_shared<const T>(std::move(entry));
    const std::unique_lock lock(mutex_);
    entries_.insert_or_assign(std::move(key), std::move(record));
  }

  void erase(const std::string& owner, const Digest& digest) {
    const std::unique_lock lock(mutex_);
    entries_.erase({owner, digest});
  }

  /// These, and no others.
  void assign(std::vector<T> entries) {
    Catalog fresh;
    for (T& entry : entries) fresh.put(std::move(entry));
    const std::unique_lock lock(mutex_);
    entries_.swap(fresh.entries_);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::pair<std::string, Digest>, Ptr> entries_;
};

/// Every token that was made and not revoked, in memory.
class TokenRegistry {
 public:
  using Ptr = std::shared_ptr<const Token>;

  /// Who holds the token with this SHA-256, unless it has expired.
  [[nodiscard]] Ptr authenticate(const Digest& secret, Time now) const;

  [[nodiscard]] Ptr find(const TokenId& id) const;
  [[nodiscard]] Ptr find_for_node(const NodeId& node) const;
  [[nodiscard]] std::vector<Ptr> all() const;  ///< in the order of making

  // The writer's only.
  void put(Token token);
  void erase(const TokenId& id);
  void assign(std::vector<Token> tokens);  ///< these, and no others

 private:
  mutable std::shared_mutex mutex_;
  std::map<TokenId, Ptr> by_id_;
  std::unordered_map<Digest, Ptr> by_secret_;
  std::unordered_map<std::string, Ptr> by_node_;
};

}  // namespace vcp::coordinator
