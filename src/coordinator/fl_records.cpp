// SPDX-License-Identifier: Apache-2.0
#include "vcp/coordinator/fl_records.hpp"

#include <algorithm>

#include "codec.hpp"
#include "vcp/base/big_endian.hpp"

namespace vcp::coordinator {

template <>
inline constexpr auto kGreatest<FlState> = FlState::completed;
template <>
inline constexpr auto kGreatest<fl::Kind> = fl::Kind::delta;
template <>
inline constexpr auto kGreatest<fl::Mechanism> = fl::Mechanism::laplace;

// What each record consists of, in the order on disk.

template <class C>
void describe(C& codec, Is<fl::Strategy> auto& r) {
  codec(r.name, r.parameters);
}
template <class C>
void describe(C& codec, Is<fl::AdaptiveClipping> auto& r) {
  codec(r.target_quantile, r.learning_rate, r.count_stddev);
}
template <class C>
void describe(C& codec, Is<fl::Privacy> auto& r) {
  codec(r.mechanism, r.clip, r.noise_multiplier, r.epsilon, r.delta, r.adaptive);
}
template <class C>
void describe(C& codec, Is<FlFile> auto& r) {
  codec(r.digest, r.size);
}
template <class C>
void describe(C& codec, Is<FlModel> auto& r) {
  codec(r.round, r.file);
}
template <class C>
void describe(C& codec, Is<FlTerms> auto& r) {
  codec(r.name, r.rounds, r.strategy, r.min_clients, r.target_clients, r.round_timeout_ms,
        r.max_samples, r.max_update_bytes, r.privacy);
}
template <class C>
void describe(C& codec, Is<FlJob> auto& r) {
  codec(r.id, r.owner, r.terms, r.created_at, r.updated_at, r.state, r.reason, r.round, r.opened_at,
        r.closes_at, r.extended, r.clip, r.models, r.optimizer);
}
template <class C>
void describe(C& codec, Is<FlUpdate> auto& r) {
  codec(r.client, r.round, r.file, r.num_samples, r.kind, r.norm, r.metrics, r.counted_in);
}
template <class C>
void describe(C& codec, Is<FlRound::Member> auto& r) {
  codec(r.client, r.num_samples, r.norm);
}
template <class C>
void describe(C& codec, Is<FlRound> auto& r) {
  codec(r.round, r.opened_at, r.closed_at, r.count, r.clients, r.metrics);
}

namespace {

/// Whether all is there that the rounds rely on.
bool is_whole(const FlJob& job) {
  const bool needs_model = job.state != FlState::waiting;
  const bool has_model = !job.models.empty() && job.models.back().round == job.round;
  return fl::find_strategy(job.terms.strategy.name) && (has_model || !needs_model);
}

}  // namespace

std::string_view to_string(FlState state) {
  switch (state) {
    case FlState::waiting:
      return "waiting";
    case FlState::running:
      return "running";
    case FlState::paused:
      return "paused";
    case FlState::completed:
      return "completed";
  }
  return "";
}

std::uint64_t FlTerms::target() const {
  const auto buffer = strategy.parameters.find("buffer_size");
  return buffer == strategy.parameters.end() ? target_clients
                                             : static_cast<std::uint64_t>(buffer->second);
}

std::uint64_t FlTerms::least() const { return std::min(min_clients, target()); }

bool FlTerms::takes_stale_updates() const {
  const auto info = fl::find_strategy(strategy.name);
  return info && info->takes_stale_updates;
}

const FlModel* FlJob::model(std::uint64_t trained_by) const {
  const auto found = std::ranges::lower_bound(models, trained_by, {}, &FlModel::round);
  return found != models.end() && found->round == trained_by ? &*found : nullptr;
}

std::string encode(const FlJob& job) { return encode_record(job); }
std::string encode(const FlUpdate& update) { return encode_record(update); }
std::string encode(const FlRound& round) { return encode_record(round); }

Result<FlJob> decode_fl_job(std::string_view bytes) {
  Result<FlJob> job = decode_record<FlJob>(bytes, "FL job");
  if (job && !is_whole(*job)) return fail(Code::corrupt, "a stored FL job is damaged");
  return job;
}
Result<FlUpdate> decode_fl_update(std::string_view bytes) {
  return decode_record<FlUpdate>(bytes, "FL update");
}
Result<FlRound> decode_fl_round(std::string_view bytes) {
  return decode_record<FlRound>(bytes, "FL round");
}

std::string fl_round_key(const FlJobId& job, std::uint64_t round) {
  std::string key(job.view());
  append_u64(key, round);
  return key;
}

std::string fl_update_key(const FlJobId& job, const FlUpdate& update) {
  return fl_round_key(job, update.round) + update.client;
}

}  // namespace vcp::coordinator
