// SPDX-License-Identifier: Apache-2.0
#include "fl_render.hpp"

#include "vcp/base/json.hpp"

namespace vcp::api {

using coordinator::FlJob;
using coordinator::FlJobView;
using coordinator::FlRound;
using coordinator::FlState;
using coordinator::FlTerms;

namespace {

void write_strategy(json::Writer& writer, const fl::Strategy& strategy) {
  writer.key("strategy").begin_object().member("name", strategy.name);
  for (const auto& [name, value] : strategy.parameters) writer.member(name, value);
  writer.end_object();
}

void write_privacy(json::Writer& writer, const FlJobView& view) {
  writer.key("privacy");
  const auto& privacy = view.job->terms.privacy;
  if (!privacy || !view.plan) {
    writer.null();
    return;
  }
  writer.begin_object()
      .member("mechanism", to_string(privacy->mechanism))
      .member("clip", view.job->clip)
      .member("noise_multiplier", view.plan->noise_multiplier())
      .member("epsilon", privacy->epsilon)
      .member("delta", privacy->delta)
      .key("adaptive");
  if (const auto& adaptive = privacy->adaptive) {
    writer.begin_object()
        .member("target_quantile", adaptive->target_quantile)
        .member("learning_rate", adaptive->learning_rate)
        .member("count_stddev", adaptive->count_stddev)
        .end_object();
  } else {
    writer.null();
  }
  writer.end_object();
}

void write_terms(json::Writer& writer, const FlTerms& terms) {
  writer.member("rounds", terms.rounds);
  write_strategy(writer, terms.strategy);
  writer.member("min_clients", terms.min_clients)
      .member("target_clients", terms.target_clients)
      .member("round_timeout_sec", static_cast<double>(terms.round_timeout_ms) / 1'000)
      .member("max_samples_per_client", terms.max_samples)
      .member("max_update_bytes", terms.max_update_bytes);
}

void write_cohort(json::Writer& writer, const FlJobView& view) {
  writer.key("cohort")
      .begin_object()
      .member("accepted", view.accepted)
      .member("min_clients", view.job->terms.least())
      .member("target_clients", view.job->terms.target())
      .end_object();
}

std::optional<std::string> time_of(bool present, Time time) {
  return present ? std::optional(to_rfc3339(time)) : std::nullopt;
}

std::string_view state_of(const FlJobView& view, const FlRound& round) {
  if (round.closed_at != Time{}) return "closed";
  if (view.closing) return "aggregating";
  return view.job->state == FlState::paused ? "paused" : "open";
}

void write_clients(json::Writer& writer, const FlRound& round) {
  writer.key("clients").begin_array();
  for (const FlRound::Member& member : round.clients) {
    writer.begin_object()
        .member("client_id", member.client)
        .member("num_samples", member.num_samples)
        .member("norm", member.norm)
        .end_object();
  }
  writer.end_array();
  writer.key("metrics").begin_object();
  for (const auto& [name, value] : round.metrics) writer.member(name, value);
  writer.end_object();
}

}  // namespace

std::string render_fl_job(const FlJobView& view) {
  const FlJob& job = *view.job;
  const bool open = job.state == FlState::running || job.state == FlState::paused;
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("job_id", job.id.to_string())
      .member("name", job.terms.name)
      .member("owner", job.owner)
      .member("state", to_string(job.state))
      .member("reason", job.reason.empty() ? std::nullopt : std::optional(job.reason))
      .member("round", job.round);
  write_terms(writer, job.terms);
  write_cohort(writer, view);
  write_privacy(writer, view);
  writer.member("epsilon_spent", view.epsilon_after(job.rounds_done()))
      .member("epsilon_budget", view.plan ? view.plan->budget() : std::nullopt)
      .member("opened_at", time_of(open, job.opened_at))
      .member("closes_at", time_of(job.state == FlState::running, job.closes_at))
      .member("extended", job.extended)
      .member("first_model_kept", job.models.empty() ? 0 : job.models.front().round)
      .member("created_at", to_rfc3339(job.created_at))
      .member("updated_at", to_rfc3339(job.updated_at))
      .end_object();
  return body;
}

std::string render_fl_round(const FlJobView& view, const FlRound& round) {
  const FlJob& job = *view.job;
  const bool closed = round.closed_at != Time{};
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("job_id", job.id.to_string())
      .member("round", round.round)
      .member("state", state_of(view, round))
      .member("opened_at", to_rfc3339(round.opened_at))
      .member("closed_at", time_of(closed, round.closed_at))
      .member("client_count", round.count);
  if (!view.plan) write_clients(writer, round);
  const auto mu = job.terms.strategy.parameters.find("mu");
  if (mu != job.terms.strategy.parameters.end()) writer.member("mu", mu->second);
  writer.member("epsilon_spent", view.epsilon_after(closed ? round.round : round.round - 1))
      .end_object();
  return body;
}

}  // namespace vcp::api
