// SPDX-License-Identifier: Apache-2.0
// Reservations: a gang that has waited for long keeps the nodes that become free until it has them
// all, so that small tasks cannot starve it. Gangs are served in one order, each node's slot is
// kept for one of them at most, and a gang that cannot be complete keeps nothing: none blocks
// another for ever. What a node has beyond the slot that is kept goes on to others (back-filling).
#include <algorithm>

#include "state.hpp"

namespace vcp::mesh {
namespace {

/// So many gangs have nodes kept for them at a time.
constexpr std::size_t kMaxReservations = 16;

/// A gang that is complete waits so many times its patience for a node to ask for work.
constexpr int kPollPatience = 5;

}  // namespace

std::uint64_t Core::State::eligible_nodes(const TaskClass& task_class) const {
  return static_cast<std::uint64_t>(std::ranges::count_if(by_handle, [&](const HeldNode* node) {
    return node && takes_work(*node->record) &&
           node->record->registration.capabilities.memory_gb * 1024 >=
               static_cast<double>(task_class.memory_mb) &&
           meets(*node->record, task_class.requirements);
  }));
}

/// Whether keeping nodes for the gang can come to anything: its owner may run more, and so many
/// nodes could run it.
bool Core::State::may_reserve(const HeldTask& gang) const {
  return gang.line->listed && eligible_nodes(*gang.of) >= gang.line->width;
}

void Core::State::reserve_for_aged() {
  while (const auto id = gang_ages.take_due(now)) {
    HeldTask& held = *find(*id);
    held.ages_at.reset();
    if (!held.line) continue;
    if (reservations.size() == kMaxReservations || !may_reserve(held)) {
      held.ages_at = now + settings.gang_patience;
      gang_ages.set(*held.ages_at, *id);
      continue;
    }
    const auto standing = [this](const Reservation& each) {
      return std::pair(below_top(*tasks.at(each.task).record->spec), each.task);
    };
    Reservation fresh{.task = *id,
                      .width = held.line->width,
                      .nodes = {},
                      .review_at = now + settings.gang_patience,
                      .complete_since = {}};
    reservations.insert(std::ranges::upper_bound(reservations, standing(fresh), {}, standing),
                        std::move(fresh));
  }
}

void Core::State::serve_reservations() {
  for (std::size_t i = 0; i < reservations.size();) {
    const TaskId id = reservations[i].task;
    if (reservations[i].review_at <= now) review(reservations[i]);
    if (i >= reservations.size() || reservations[i].task != id) continue;  // it was given up
    fill(reservations[i]);
    refresh_stale();
    const bool complete = reservations[i].complete_since.has_value();
    if (complete && tasks.at(id).line->listed &&
        std::ranges::all_of(reservations[i].nodes,
                            [this](const HeldNode* node) { return can_be_granted(*node); })) {
      const std::vector<HeldNode*> chosen = reservations[i].nodes;
      start(tasks.at(id), chosen);  // which ends the reservation
      refresh_stale();
      continue;
    }
    ++i;
  }
}

bool Core::State::can_be_granted(const HeldNode& node) const {
  return asks(node) && takes_work(*node.record) && node.record->slots_free() > 0;
}

/// Takes nodes that are ready, as many as are still missing.
void Core::State::fill(Reservation& reservation) {
  HeldTask& held = tasks.at(reservation.task);
  ReadyNodes& ready = held.of->ready;
  if (reservation.nodes.size() == reservation.width || ready.size() + askers.size() == 0) return;
  for (HeldNode* node : reservation.nodes) {
    if (!ready.contains(node->handle)) continue;
    ready.erase(node->handle);
    mark_stale(*node);
  }
  set_aside(*held.line);
  const auto keep = [&](HeldNode& node) {
    ++node.held_slots;
    node.held_mb += held.of->memory_mb;
    mark_stale(node);
    reservation.nodes.push_back(&node);
  };
  while (reservation.nodes.size() < reservation.width && ready.size() > 0) {
    HeldNode& node = choose(*held.record, *held.of);
    ready.erase(node.handle);
    keep(node);
  }
  if (reservation.nodes.size() < reservation.width) {
    for (HeldNode* node : lately_asking(*held.line)) {
      const bool known = std::ranges::find(reservation.nodes, node) != reservation.nodes.end();
      if (!known && reservation.nodes.size() < reservation.width) keep(*node);
    }
  }
  if (reservation.nodes.size() < reservation.width) return;
  reservation.complete_since = now;
  for (HeldNode* node : reservation.nodes) {
    ++node->awaited_by;
    mark_stale(*node);
  }
}

/// Gives up nodes that are no use any more, and all of them if there are too few others.
void Core::State::review(Reservation& reservation) {
  HeldTask& held = tasks.at(reservation.task);
  reservation.review_at = now + settings.gang_patience;
  if (!may_reserve(held)) {
    held.ages_at = now + settings.gang_patience;
    gang_ages.set(*held.ages_at, reservation.task);
    return drop_reservation(reservation.task);
  }
  const bool impatient = reservation.complete_since && now - *reservation.complete_since >=
                                                           settings.gang_patience * kPollPatience;
  const std::vector<HeldNode*> kept = reservation.nodes;
  for (HeldNode* node : kept) {
    const bool useless = !takes_work(*node->record) || !meets(*node->record, held.of->requirements);
    if (useless || (impatient && !asks(*node))) release(reservation, *node);
  }
}

void Core::State::release(Reservation& reservation, HeldNode& node) {
  if (reservation.complete_since) {
    for (HeldNode* each : reservation.nodes) {
      --each->awaited_by;
      mark_stale(*each);
    }
    reservation.complete_since.reset();
  }
  std::erase(reservation.nodes, &node);
  --node.held_slots;
  node.held_mb -= tasks.at(reservation.task).record->spec->limits.memory_mb;
  mark_stale(node);
}

void Core::State::release_all(Reservation& reservation) {
  while (!reservation.nodes.empty()) release(reservation, *reservation.nodes.back());
}

/// The node goes, or begins anew.
void Core::State::release_holds_on(HeldNode& node) {
  for (Reservation& reservation : reservations) {
    const bool held = std::ranges::find(reservation.nodes, &node) != reservation.nodes.end();
    if (held) release(reservation, node);
  }
}

void Core::State::drop_reservation(const TaskId& task) {
  const auto reservation = std::ranges::find(reservations, task, &Reservation::task);
  if (reservation == reservations.end()) return;
  release_all(*reservation);
  reservations.erase(reservation);
}

}  // namespace vcp::mesh
