// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <vector>

#include "wasi_functions.hpp"

namespace vcp::wasm::wasi {
namespace {

constexpr uint32_t kRealtime = 0;
constexpr uint32_t kMaxSubscriptions = 65'536;
constexpr uint32_t kClocks = 4;  // realtime, monotonic, process CPU, thread CPU

uint64_t clock_origin(uint32_t clock) {
  return clock == kRealtime ? ProgramClock::kRealtimeStartNs : 0;
}

/// `subscription` and `event` of preview 1, as they lie in memory.
struct Subscription {
  uint64_t userdata;
  uint8_t tag;
  std::array<uint8_t, 7> unused;
  uint32_t id;  // of the clock, or the descriptor
  uint32_t unused_too;
  uint64_t timeout;
  uint64_t precision;
  uint16_t flags;
  std::array<uint16_t, 3> unused_as_well;
};
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, timeout) == 24);

struct Event {
  uint64_t userdata = 0;
  uint16_t error = 0;
  uint8_t type = 0;
  std::array<uint8_t, 5> unused{};
  uint64_t bytes = 0;
  uint64_t flags = 0;
};
static_assert(sizeof(Event) == 32 && std::has_unique_object_representations_v<Event>);

constexpr uint8_t kEventClock = 0;
constexpr uint8_t kEventRead = 1;
constexpr uint8_t kEventWrite = 2;
constexpr uint16_t kAbsoluteTime = 1;

/// When a clock subscription is due, in nanoseconds since the call began.
uint64_t due_ns(const Call& call, const Subscription& subscription) {
  if ((subscription.flags & kAbsoluteTime) != 0) {
    const uint64_t origin = clock_origin(subscription.id);
    return subscription.timeout > origin ? subscription.timeout - origin : 0;
  }
  const uint64_t now = call.wasi.clock.elapsed_ns();
  const uint64_t most = std::numeric_limits<uint64_t>::max() - now;
  return now + std::min(subscription.timeout, most);
}

/// The event of a descriptor, which is always ready.
Event descriptor_event(const Call& call, const Subscription& subscription) {
  Event event{.userdata = subscription.userdata, .type = subscription.tag};
  const int stream = stream_of(call, subscription.id);
  if (stream < 0 || (stream == 0) != (subscription.tag == kEventRead)) {
    event.error = static_cast<uint16_t>(Errno::bad_descriptor);
  } else if (stream == 0) {
    event.bytes = call.invocation.input.size() - call.wasi.input_position;
  } else {
    event.bytes = kChunkBytes;
  }
  return event;
}

/// The events that are ready now; if there are none, those of the earliest time, after the
/// program's clock has been moved to it.
Errno find_events(Call& call, const std::vector<Subscription>& subscriptions,
                  std::vector<Event>& events) {
  constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();
  std::vector<uint64_t> due(subscriptions.size(), kNever);
  for (std::size_t i = 0; i < subscriptions.size(); ++i) {
    const Subscription& subscription = subscriptions[i];
    if (subscription.tag > kEventWrite) return Errno::invalid;
    if (subscription.tag != kEventClock) {
      events.push_back(descriptor_event(call, subscription));
    } else if (subscription.id >= kClocks) {
      return Errno::invalid;
    } else {
      due[i] = due_ns(call, subscription);
    }
  }
  const uint64_t earliest = *std::ranges::min_element(due);
  const uint64_t now = events.empty() ? earliest : call.wasi.clock.elapsed_ns();
  call.wasi.clock.advance_to(now);
  for (std::size_t i = 0; i < subscriptions.size(); ++i) {
    if (subscriptions[i].tag == kEventClock && due[i] <= now) {
      events.push_back({.userdata = subscriptions[i].userdata, .type = kEventClock});
    }
  }
  return Errno::success;
}

}  // namespace

Errno clock_res_get(Call& call, uint32_t clock, uint32_t result) {
  if (clock >= kClocks) return Errno::invalid;
  return store_result(call, result, ProgramClock::kStepNs);
}

Errno clock_time_get(Call& call, uint32_t clock, uint64_t, uint32_t result) {
  if (clock >= kClocks) return Errno::invalid;
  return store_result(call, result, clock_origin(clock) + call.wasi.clock.tick());
}

Errno random_get(Call& call, uint32_t buffer, uint32_t size) {
  uint8_t* target = call.memory_at(buffer, size);
  if (target == nullptr) return Errno::fault;
  if (!call.charge(size)) return Errno::success;
  for (uint64_t done = 0; done < size && !call.stopped(); done += kChunkBytes) {
    call.wasi.random.fill({target + done, std::min<uint64_t>(kChunkBytes, size - done)});
    call.check_time();
  }
  return Errno::success;
}

Errno poll_oneoff(Call& call, uint32_t in, uint32_t out, uint32_t count, uint32_t result) {
  if (count == 0 || count > kMaxSubscriptions) return Errno::invalid;
  const uint8_t* source = call.memory_at(in, uint64_t{count} * sizeof(Subscription));
  uint8_t* target = call.memory_at(out, uint64_t{count} * sizeof(Event));
  if (source == nullptr || target == nullptr) return Errno::fault;
  if (!call.charge(uint64_t{count} * sizeof(Subscription))) return Errno::success;
  std::vector<Subscription> subscriptions(count);
  std::memcpy(subscriptions.data(), source, count * sizeof(Subscription));
  std::vector<Event> events;
  if (const Errno error = find_events(call, subscriptions, events); error != Errno::success) {
    return error;
  }
  std::memcpy(target, events.data(), events.size() * sizeof(Event));
  return store_result(call, result, static_cast<uint32_t>(events.size()));
}

Errno sched_yield(Call&) { return Errno::success; }

}  // namespace vcp::wasm::wasi
