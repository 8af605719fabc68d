// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bitmap.hpp"
#include "vcp/base/random.hpp"
#include "vcp/mesh/node.hpp"
#include "vcp/mesh/task.hpp"

namespace vcp::mesh {

/// A node's number within the core: dense, and free again once the node is gone.
using Handle = std::uint32_t;

/// A region's number within the core.
using RegionId = std::uint32_t;

/// The regions that nodes ever named, and how much of the mesh's work is in each.
class Regions {
 public:
  struct Load {
    std::uint64_t leases = 0;
    std::uint64_t last_granted = 0;  ///< the count of all grants at its last one
  };

  [[nodiscard]] RegionId intern(const std::string& name) {
    const auto [entry, fresh] = ids_.try_emplace(name, static_cast<RegionId>(loads_.size()));
    if (fresh) loads_.emplace_back();
    return entry->second;
  }
  [[nodiscard]] Load& operator[](RegionId region) { return loads_[region]; }
  [[nodiscard]] const Load& operator[](RegionId region) const { return loads_[region]; }

 private:
  std::map<std::string, RegionId> ids_;
  std::vector<Load> loads_;
};

/// The nodes that would take a task of one class now, arranged so that a strategy finds its choice
/// without looking at the others: in buckets by what the strategy goes by, under a bitmap of the
/// buckets that are not empty. The cost of a choice does not depend on how many nodes there are.
class ReadyNodes {
 public:
  explicit ReadyNodes(Strategy strategy) : strategy_(strategy) {}

  /// Adds the node or moves it to where it now belongs.
  void put(Handle handle, const Node& node, RegionId region);
  void erase(Handle handle);
  void clear();

  [[nodiscard]] bool contains(Handle handle) const {
    return handle < places_.size() && places_[handle].bucket != kNowhere;
  }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// The strategy's choice; there must be a node.
  [[nodiscard]] Handle choose(Random& random, const Regions& regions);

  /// All of them, in no order.
  [[nodiscard]] const std::vector<Handle>& all() const { return all_; }

 private:
  static constexpr std::uint32_t kNowhere = UINT32_MAX;

  struct Place {
    std::uint32_t group = 0;
    std::uint32_t bucket = kNowhere;
    std::uint32_t in_bucket = 0;
    std::uint32_t in_all = 0;
    double weight = 0;
  };

  /// The buckets of one region for `spread`, of all nodes otherwise.
  struct Group {
    std::vector<std::vector<Handle>> buckets;
    Bitmap filled;
    std::size_t size = 0;
  };

  [[nodiscard]] std::uint32_t bucket_of(const Node& node, double weight) const;
  void enter(Handle handle, Place place);
  void leave(Handle handle);
  [[nodiscard]] Handle any_of(const std::vector<Handle>& handles, Random& random) const;
  [[nodiscard]] Handle least(const Group& group, Random& random) const;
  [[nodiscard]] Handle by_weight(Random& random) const;
  [[nodiscard]] Handle next_in_ring();
  [[nodiscard]] const Group& idlest_region(const Regions& regions) const;

  Strategy strategy_;
  std::vector<Group> groups_;
  std::vector<Place> places_;  // by handle
  std::vector<Handle> all_;
  Bitmap ring_;  // round_robin: the handles themselves
  std::size_t cursor_ = 0;
  std::size_t size_ = 0;
};

}  // namespace vcp::mesh
