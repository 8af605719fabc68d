// SPDX-License-Identifier: Apache-2.0
#include "schedule.hpp"

namespace vcp::load {

std::optional<Ticket> Schedule::next(Moment now) {
  const Ticket ticket{.number = taken_, .due = due(now)};
  if (taken_ >= bounds_.count) return std::nullopt;
  if (bounds_.duration && ticket.due >= start_ + *bounds_.duration) return std::nullopt;
  ++taken_;
  return ticket;
}

Moment Schedule::due(Moment now) const {
  if (!bounds_.rate) return now;
  const std::chrono::duration<double> offset(static_cast<double>(taken_) / *bounds_.rate);
  return start_ + std::chrono::duration_cast<Clock::duration>(offset);
}

}  // namespace vcp::load
