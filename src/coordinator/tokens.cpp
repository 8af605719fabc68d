// SPDX-License-Identifier: Apache-2.0
#include <ranges>

#include "vcp/coordinator/catalog.hpp"

namespace vcp::coordinator {

TokenRegistry::Ptr TokenRegistry::authenticate(const Digest& secret, Time now) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_secret_.find(secret);
  if (found == by_secret_.end()) return nullptr;
  const Ptr& token = found->second;
  return token->expires_at && *token->expires_at <= now ? nullptr : token;
}

TokenRegistry::Ptr TokenRegistry::find(const TokenId& id) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

TokenRegistry::Ptr TokenRegistry::find_for_node(const NodeId& node) const {
  const std::shared_lock lock(mutex_);
  const auto found = by_node_.find(node.value);
  return found == by_node_.end() ? nullptr : found->second;
}

std::vector<TokenRegistry::Ptr> TokenRegistry::all() const {
  const std::shared_lock lock(mutex_);
  const auto tokens = by_id_ | std::views::values;
  return {tokens.begin(), tokens.end()};
}

void TokenRegistry::put(Token token) {
  const auto record = std::make_shared<const Token>(std::move(token));
  const std::unique_lock lock(mutex_);
  by_id_.insert_or_assign(record->id, record);
  by_secret_.insert_or_assign(record->secret, record);
  if (!record->node.empty()) by_node_.insert_or_assign(record->node, record);
}

void TokenRegistry::erase(const TokenId& id) {
  const std::unique_lock lock(mutex_);
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return;
  const Ptr token = found->second;
  by_secret_.erase(token->secret);
  const auto node = by_node_.find(token->node);
  if (node != by_node_.end() && node->second->id == id) by_node_.erase(node);
  by_id_.erase(found);
}

void TokenRegistry::assign(std::vector<Token> tokens) {
  TokenRegistry fresh;
  for (Token& token : tokens) fresh.put(std::move(token));
  const std::unique_lock lock(mutex_);
  by_id_.swap(fresh.by_id_);
  by_secret_.swap(fresh.by_secret_);
  by_node_.swap(fresh.by_node_);
}

}  // namespace vcp::coordinator
