// SPDX-License-Identifier: Apache-2.0
#include "ready.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <tuple>

namespace vcp::mesh {
namespace {

constexpr double kLeastWeight = 0.01;
constexpr int kLeastExponent = -7;  // 2^-7 < kLeastWeight

/// Bucket k holds weights from 2^(k-7) up to twice that.
std::uint32_t weight_bucket(double weight) {
  return static_cast<std::uint32_t>(std::ilogb(weight) - kLeastExponent);
}
double weight_limit(std::size_t bucket) {
  return std::ldexp(1.0, static_cast<int>(bucket) + 1 + kLeastExponent);
}

/// 64 buckets an octave, so that latencies of one bucket differ by less than 1.6 %, or by less
/// than 1/64 ms; whoever has not measured comes last.
std::uint32_t latency_bucket(const Node& node) {
  constexpr double kMost = 65'536;
  constexpr std::uint32_t kUnmeasured = 64 * 18;
  if (!node.telemetry || !node.telemetry->avg_latency_ms) return kUnmeasured;
  const double ms = std::clamp(*node.telemetry->avg_latency_ms, 0.0, kMost);
  if (ms < 1) return static_cast<std::uint32_t>(ms * 64);
  const int octave = std::ilogb(ms);
  const double within = std::ldexp(ms, -octave) - 1;
  return static_cast<std::uint32_t>(64 * (octave + 1)) + static_cast<std::uint32_t>(within * 64);
}

}  // namespace

std::uint32_t ReadyNodes::bucket_of(const Node& node, double weight) const {
  switch (strategy_) {
    case Strategy::weighted:
      return weight_bucket(weight);
    case Strategy::latency_aware:
      return latency_bucket(node);
    case Strategy::least_loaded:
    case Strategy::spread:
      return node.leases;
    case Strategy::round_robin:
      return 0;
  }
  return 0;
}

void ReadyNodes::put(Handle handle, const Node& node, RegionId region) {
  if (handle >= places_.size()) places_.resize(handle + 1);
  Place place;
  place.group = strategy_ == Strategy::spread ? region : 0;
  if (strategy_ == Strategy::weighted) place.weight = std::max(node.health_score(), kLeastWeight);
  place.bucket = bucket_of(node, place.weight);
  Place& current = places_[handle];
  if (current.bucket == place.bucket && current.group == place.group) {
    current.weight = place.weight;
    return;
  }
  if (current.bucket != kNowhere) leave(handle);
  enter(handle, place);
}

void ReadyNodes::enter(Handle handle, Place place) {
  if (place.group >= groups_.size()) groups_.resize(place.group + 1);
  Group& group = groups_[place.group];
  if (place.bucket >= group.buckets.size()) group.buckets.resize(place.bucket + 1);
  std::vector<Handle>& bucket = group.buckets[place.bucket];
  place.in_bucket = static_cast<std::uint32_t>(bucket.size());
  place.in_all = static_cast<std::uint32_t>(all_.size());
  if (bucket.empty()) group.filled.set(place.bucket);
  bucket.push_back(handle);
  all_.push_back(handle);
  if (strategy_ == Strategy::round_robin) ring_.set(handle);
  places_[handle] = place;
  ++group.size;
  ++size_;
}

void ReadyNodes::leave(Handle handle) {
  const Place place = places_[handle];
  Group& group = groups_[place.group];
  std::vector<Handle>& bucket = group.buckets[place.bucket];
  // The last one takes its place.
  places_[bucket.back()].in_bucket = place.in_bucket;
  bucket[place.in_bucket] = bucket.back();
  bucket.pop_back();
  if (bucket.empty()) group.filled.reset(place.bucket);
  places_[all_.back()].in_all = place.in_all;
  all_[place.in_all] = all_.back();
  all_.pop_back();
  if (strategy_ == Strategy::round_robin) ring_.reset(handle);
  places_[handle].bucket = kNowhere;
  --group.size;
  --size_;
}

void ReadyNodes::erase(Handle handle) {
  if (contains(handle)) leave(handle);
}

void ReadyNodes::clear() {
  const std::size_t cursor = cursor_;
  *this = ReadyNodes(strategy_);
  cursor_ = cursor;
}

Handle ReadyNodes::choose(Random& random, const Regions& regions) {
  switch (strategy_) {
    case Strategy::weighted:
      return by_weight(random);
    case Strategy::round_robin:
      return next_in_ring();
    case Strategy::spread:
      return least(idlest_region(regions), random);
    case Strategy::least_loaded:
    case Strategy::latency_aware:
      return least(groups_[0], random);
  }
  return all_.front();
}

Handle ReadyNodes::any_of(const std::vector<Handle>& handles, Random& random) const {
  return handles.size() == 1 ? handles.front() : handles[random.below(handles.size())];
}

Handle ReadyNodes::least(const Group& group, Random& random) const {
  return any_of(group.buckets[*group.filled.first()], random);
}

/// In proportion to the weights, by rejection: a bucket in proportion to what its nodes could weigh
/// at most, any of its nodes, which is refused in proportion to what it weighs less; more than half
/// of the tries hit.
Handle ReadyNodes::by_weight(Random& random) const {
  const Group& group = groups_[0];
  double total = 0;
  for (std::size_t k = 0; k < group.buckets.size(); ++k) {
    total += static_cast<double>(group.buckets[k].size()) * weight_limit(k);
  }
  while (true) {
    double at = random.uniform() * total;
    std::size_t k = *group.filled.first();
    for (auto next = group.filled.next(k + 1); next; next = group.filled.next(k + 1)) {
      const double share = static_cast<double>(group.buckets[k].size()) * weight_limit(k);
      if (at < share) break;
      at -= share;
      k = *next;
    }
    const Handle handle = any_of(group.buckets[k], random);
    if (random.uniform() * weight_limit(k) < places_[handle].weight) return handle;
  }
}

Handle ReadyNodes::next_in_ring() {
  const auto next = ring_.next(cursor_);
  const std::size_t handle = next ? *next : *ring_.first();
  cursor_ = handle + 1;
  return static_cast<Handle>(handle);
}

const ReadyNodes::Group& ReadyNodes::idlest_region(const Regions& regions) const {
  const auto load = [&](std::size_t region) {
    const Regions::Load& at = regions[static_cast<RegionId>(region)];
    return std::tuple(at.leases, at.last_granted);
  };
  std::size_t best = groups_.size();
  for (std::size_t region = 0; region < groups_.size(); ++region) {
    if (groups_[region].size == 0) continue;
    if (best == groups_.size() || load(region) < load(best)) best = region;
  }
  return groups_[best];
}

}  // namespace vcp::mesh
