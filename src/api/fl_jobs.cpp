// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "answers.hpp"
#include "fl_access.hpp"
#include "fl_render.hpp"
#include "fl_terms.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Coordinator;
using coordinator::FlJobId;
using coordinator::FlJobs;
using coordinator::FlJobView;
using coordinator::FlRound;
using coordinator::FlState;
using http::Request;
using http::Role;

namespace {

std::optional<FlState> parse_state(std::string_view name) {
  for (const FlState state :
       {FlState::waiting, FlState::running, FlState::paused, FlState::completed}) {
    if (to_string(state) == name) return state;
  }
  return std::nullopt;
}

using Change = Result<FlJobView> (FlJobs::*)(FlJobs::Writer&, const FlJobId&);

/// A command on the job in the path that leaves it there.
Async<Handled> change_job(State& api, Request& request, Change change) {
  const auto job = find_fl_job(api, request);
  if (!job) co_return std::unexpected(job.error());
  Coordinator::Command<FlJobView> command = [&jobs = api.services.fl_jobs, change,
                                             id = job->job->id](Coordinator::Writer& writer) {
    return (jobs.*change)(writer, id);
  };
  const auto changed = co_await api.coordinator().apply(std::move(command));
  if (!changed) co_return std::unexpected(changed.error());
  co_return json_response(render_fl_job(*changed));
}

/// The round, if it was closed; `open` if it is that one still. What the view knows is on disk.
Result<FlRound> find_round(State& api, const FlJobView& view, std::optional<FlRound> open,
                           std::uint64_t number) {
  const coordinator::FlJob& job = *view.job;
  const bool is_open = job.state == FlState::running || job.state == FlState::paused;
  if (is_open && number == job.round && open && open->round == number) return std::move(*open);
  auto closed = api.services.fl_jobs.closed_round(job.id, number);
  if (!closed) return std::unexpected(closed.error());
  if (!*closed) return not_found("round");
  return std::move(**closed);
}

}  // namespace

Result<FlJobView> find_fl_job(State& api, const Request& request) {
  const http::Principal& who = request.principal;
  const auto id = FlJobId::parse(request.param("id"));
  if (!id) return not_found("FL job");
  auto job = api.services.fl_jobs.find(*id);
  const bool visible = job && sees(who, job->job->owner) &&
                       (who.role != Role::fl_client || who.job == id->to_string());
  if (!visible) return not_found("FL job");
  return std::move(*job);
}

Result<std::uint64_t> fl_round_of(const Request& request) {
  const std::string_view text = request.param("n");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number == 0) {
    return not_found("round");
  }
  return number;
}

Async<Handled> post_fl_job(State& api, Request& request) {
  const auto once = once_of(request);
  if (!once) co_return std::unexpected(once.error());
  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto asked = parse_fl_job(*body, api.services.limits);
  Result<FlRequest>* const parsed = &asked;
  Coordinator::Command<Coordinator::Render> command =
      [&jobs = api.services.fl_jobs, parsed, &owner = request.principal.owner](
          Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    // Only here, so that a repetition gets the first answer whatever has changed meanwhile.
    if (!*parsed) return std::unexpected(parsed->error());
    FlRequest& fresh = **parsed;
    const FlJobView job = jobs.create(writer, owner, std::move(fresh.terms), std::move(fresh.plan));
    Answer answer{.status = 201, .body = render_fl_job(job), .subject = job.job->id.to_string()};
    return [answer = std::move(answer)] { return answer; };
  };
  const auto created = co_await api.coordinator().create(*once, std::move(command));
  if (!created) co_return std::unexpected(created.error());
  co_return created_response(*created, "/api/v1/fl/jobs/");
}

Async<Handled> list_fl_jobs(State& api, Request& request) {
  const auto query = Query::parse(request, {"state", kLimitName, kCursorName});
  if (!query) co_return std::unexpected(query.error());
  const auto state = query->choice("state", parse_state);
  if (!state) co_return std::unexpected(state.error());
  const auto limit = limit_of(*query);
  if (!limit) co_return std::unexpected(limit.error());
  const auto cursor = cursor_of(*query);
  if (!cursor) co_return std::unexpected(cursor.error());
  std::optional<FlJobId> before;
  if (*cursor) {
    before = FlJobId::parse(**cursor);
    if (!before) co_return fail_field("?cursor", "is not a cursor that a list gave");
  }
  auto jobs =
      api.services.fl_jobs.list(visible_owner(request.principal), *state, before, *limit + 1);
  std::uint64_t newest = 0;
  for (const FlJobView& job : jobs) newest = std::max(newest, job.commit);
  const Result<> durable = co_await api.coordinator().durable(newest);
  if (!durable) co_return std::unexpected(durable.error());

  std::optional<std::string> next;
  if (jobs.size() > *limit) {
    jobs.pop_back();
    next = jobs.back().job->id.to_string();
  }
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  for (const FlJobView& job : jobs) writer.raw(render_fl_job(job));
  writer.end_array();
  co_return list_response(request, std::move(items), next);
}

Async<Handled> get_fl_job(State& api, Request& request) {
  const auto job = find_fl_job(api, request);
  if (!job) co_return std::unexpected(job.error());
  const Result<> durable = co_await api.coordinator().durable(job->commit);
  if (!durable) co_return std::unexpected(durable.error());
  co_return json_response(render_fl_job(*job));
}

Async<Handled> delete_fl_job(State& api, Request& request) {
  const auto job = find_fl_job(api, request);
  if (!job) co_return std::unexpected(job.error());
  Coordinator::Command<bool> command = [&jobs = api.services.fl_jobs, id = job->job->id](
                                           Coordinator::Writer& writer) -> Result<bool> {
    if (const Result<> erased = jobs.erase(writer, id); !erased) {
      return std::unexpected(erased.error());
    }
    return true;
  };
  const auto erased = co_await api.coordinator().apply(std::move(command));
  if (!erased) co_return std::unexpected(erased.error());
  co_return no_content();
}

Async<Handled> pause_fl_job(State& api, Request& request) {
  return change_job(api, request, &FlJobs::pause);
}

Async<Handled> resume_fl_job(State& api, Request& request) {
  return change_job(api, request, &FlJobs::resume);
}

Async<Handled> get_fl_round(State& api, Request& request) {
  const auto number = fl_round_of(request);
  if (!number) co_return std::unexpected(number.error());
  const auto job = find_fl_job(api, request);
  if (!job) co_return std::unexpected(job.error());
  auto open = api.services.fl_jobs.open_round(job->job->id);
  // Not older than what was open, so that its commit covers that.
  const auto view = api.services.fl_jobs.find(job->job->id);
  if (!view) co_return not_found("FL job");
  const Result<> durable = co_await api.coordinator().durable(view->commit);
  if (!durable) co_return std::unexpected(durable.error());
  const auto round = find_round(api, *view, std::move(open), *number);
  if (!round) co_return std::unexpected(round.error());
  co_return json_response(render_fl_round(*view, *round));
}

}  // namespace vcp::api
