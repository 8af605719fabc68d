// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "answers.hpp"
#include "content.hpp"
#include "handlers.hpp"
#include "render.hpp"
#include "submission.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Coordinator;
using coordinator::TaskFilter;
using coordinator::TaskPage;
using http::Request;
using mesh::NodePtr;
using mesh::Task;
using mesh::TaskPtr;
using mesh::TaskStatus;

namespace {

constexpr Duration kMaxWait{3'600'000};

/// The task with all that belongs to it, its output read from the disk if need be.
Async<Handled> show(State& api, TaskPtr task, unsigned status) {
  Outputs outputs;
  if (const mesh::TaskResult* result = task->result()) {
    auto read = co_await read_payload(api, result->output);
    if (!read) co_return std::unexpected(read.error());
    outputs.whole = std::move(*read);
  }
  for (std::uint32_t rank = 0; task->assembled && rank < task->spec->requirements.min_nodes;
       ++rank) {
    const mesh::Answer* answer = task->accepted(rank);
    if (!answer) break;
    auto read = co_await read_payload(api, answer->result->output);
    if (!read) co_return std::unexpected(read.error());
    outputs.parts.push_back(std::move(*read));
  }
  co_return json_response(render_task(*task, &outputs), status);
}

/// As it is once it has ended, or when the time is up.
Async<Result<TaskPtr>> wait_for(State& api, TaskId id, Duration wait) {
  auto task = co_await api.coordinator().ended(id, wait);
  if (task && !*task) co_return not_found("task");
  co_return task;
}

Async<Handled> list(State& api, Request& request, const Query& query, TaskFilter filter) {
  const auto limit = limit_of(query);
  if (!limit) co_return std::unexpected(limit.error());
  const auto cursor = cursor_of(query);
  if (!cursor) co_return std::unexpected(cursor.error());
  std::optional<TaskId> before;
  if (*cursor) {
    before.emplace();
    if ((*cursor)->size() != before->bytes.size()) {
      co_return fail_field("?cursor", "is not a cursor that a list gave");
    }
    std::ranges::copy(**cursor, before->bytes.begin());
  }
  filter.owner = visible_owner(request.principal);

  const Result<TaskPage> page = api.coordinator().tasks().list(filter, before, *limit);
  if (!page) co_return std::unexpected(page.error());
  std::string items;
  json::Writer writer(items);
  writer.begin_array();
  std::uint64_t commit = 0;
  for (const TaskPtr& task : page->tasks) {
    commit = std::max(commit, task->commit);
    writer.raw(render_task(*task, nullptr));
  }
  writer.end_array();
  const Result<> durable = co_await api.coordinator().durable(commit);
  if (!durable) co_return std::unexpected(durable.error());
  std::optional<std::string> next;
  if (page->next) next = page->next->view();
  co_return list_response(request, std::move(items), next);
}

Result<TaskFilter> filter_of(const Query& query) {
  TaskFilter filter;
  const auto status = query.choice("status", mesh::parse_task_status);
  if (!status) return std::unexpected(status.error());
  const auto type = query.choice("task_type", mesh::parse_task_type);
  if (!type) return std::unexpected(type.error());
  const auto module = query.choice("module_id", Digest::parse);
  if (!module) return std::unexpected(module.error());
  const auto after = query.time("created_after");
  if (!after) return std::unexpected(after.error());
  const auto before = query.time("created_before");
  if (!before) return std::unexpected(before.error());
  return TaskFilter{.owner = {},
                    .status = *status,
                    .type = *type,
                    .module = *module,
                    .created_after = *after,
                    .created_before = *before};
}

/// Bytes of a task, once it is durable; `digest` is for those that are in the record.
Async<void> send_payload(State& api, http::Exchange& exchange, const Task& task,
                         const mesh::Payload& payload, Digest digest) {
  ContentHead head{.media_type = "application/octet-stream"};
  const Result<> durable = co_await api.coordinator().durable(task.commit);
  if (!durable) {
    co_await send_problem(exchange, durable.error());
  } else if (payload.content) {
    co_await send_content(api, exchange, *payload.content, payload.size, std::move(head));
  } else {
    co_await send_bytes(exchange, payload.bytes, digest, std::move(head));
  }
}

/// Shows the new task as it is after the wait. It has been made, so it is shown as it was then if
/// that fails.
Async<void> await_end(State& api, Duration wait, Answer& answer) {
  const auto task = co_await wait_for(api, *TaskId::parse(answer.subject), wait);
  if (!task) co_return;
  auto shown = co_await show(api, *task, answer.status);
  if (shown) answer.body = std::move(shown->body);
}

}  // namespace

Result<TaskPtr> find_task(State& api, const Request& request) {
  const auto id = TaskId::parse(request.param("id"));
  if (!id) return not_found("task");
  auto task = api.coordinator().tasks().find(*id);
  if (!task) return std::unexpected(task.error());
  if (!*task || !sees(request.principal, (*task)->spec->owner)) return not_found("task");
  return task;
}

Result<KeysUnderWay::Hold> KeysUnderWay::hold(const coordinator::Once& once) {
  std::string key = coordinator::owned_key(once.owner, once.key);
  const std::lock_guard lock(mutex_);
  if (!held_.insert(key).second) {
    return fail(Code::conflict, "a request with this Idempotency-Key is being answered");
  }
  return Hold(*this, std::move(key));
}

KeysUnderWay::Hold::~Hold() {
  if (!keys_) return;
  const std::lock_guard lock(keys_->mutex_);
  keys_->held_.erase(key_);
}

Async<Handled> post_task(State& api, Request& request) {
  const auto once = once_of(request);
  if (!once) co_return std::unexpected(once.error());
  const auto query = Query::parse(request, {"wait"});
  if (!query) co_return std::unexpected(query.error());
  const auto wait = query->wait(kMaxWait);
  if (!wait) co_return std::unexpected(wait.error());

  std::optional<KeysUnderWay::Hold> hold;
  if (*once) {
    auto held = api.keys.hold(**once);
    if (!held) co_return std::unexpected(held.error());
    hold.emplace(std::move(*held));
  }

  json::Document document;
  const auto body = document.parse(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto submission = parse_submission(*body);
  if (!submission) co_return std::unexpected(submission.error());
  auto prepared = prepare_now(api, request.principal, *submission);
  if (!prepared) prepared = co_await prepare(api, request.principal, std::move(*submission));

  Result<Prepared>* const ready = &*prepared;
  Coordinator::Command<Coordinator::Render> command =
      [ready](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    // Only here, so that a repetition gets the first answer whatever has become of the rest.
    if (!*ready) return std::unexpected(ready->error());
    auto task = submit(writer, std::move(**ready));
    if (!task) return std::unexpected(task.error());
    return [task = std::move(*task)] {
      const Outputs no_output;
      return Answer{
          .status = 201, .body = render_task(*task, &no_output), .subject = task->id.to_string()};
    };
  };
  auto created = co_await api.coordinator().create(*once, std::move(command));
  if (!created) co_return std::unexpected(created.error());
  if (*wait > Duration::zero()) {
    co_await await_end(api, *wait, created->answer);
  }
  co_return created_response(*created, "/api/v1/tasks/");
}

Async<Handled> list_tasks(State& api, Request& request) {
  const auto query = Query::parse(request, {kLimitName, kCursorName, "status", "task_type",
                                            "module_id", "created_after", "created_before"});
  if (!query) co_return std::unexpected(query.error());
  auto filter = filter_of(*query);
  if (!filter) co_return std::unexpected(filter.error());
  co_return co_await list(api, request, *query, std::move(*filter));
}

Async<Handled> list_dead_tasks(State& api, Request& request) {
  const auto query = Query::parse(request, {kLimitName, kCursorName});
  if (!query) co_return std::unexpected(query.error());
  TaskFilter failed;
  failed.status = TaskStatus::failed;
  co_return co_await list(api, request, *query, std::move(failed));
}

Async<Handled> get_task(State& api, Request& request) {
  const auto query = Query::parse(request, {"wait"});
  if (!query) co_return std::unexpected(query.error());
  const auto wait = query->wait(kMaxWait);
  if (!wait) co_return std::unexpected(wait.error());
  auto task = find_task(api, request);
  if (!task) co_return std::unexpected(task.error());
  if (*wait > Duration::zero() && !is_final((*task)->status)) {
    task = co_await wait_for(api, (*task)->id, *wait);
    if (!task) co_return std::unexpected(task.error());
  }
  const Result<> durable = co_await api.coordinator().durable((*task)->commit);
  if (!durable) co_return std::unexpected(durable.error());
  co_return co_await show(api, *task, 200);
}

Async<void> get_output(State& api, http::Exchange& exchange) {
  const auto task = find_task(api, exchange.request());
  if (task && has_output(**task)) {
    const mesh::TaskResult& result = *(*task)->result();
    co_return co_await send_payload(api, exchange, **task, result.output, result.output_sha256);
  }
  Error error = task ? fail(Code::conflict, "the task has no output: it is " +
                                                std::string(to_string((*task)->status)))
                           .error()
                     : task.error();
  co_await send_problem(exchange, std::move(error));
}

Async<void> get_input(State& api, http::Exchange& exchange) {
  const auto task = find_task(api, exchange.request());
  if (!task) {
    co_await send_problem(exchange, task.error());
    co_return;
  }
  const mesh::Payload& input = (*task)->spec->input;
  co_await send_payload(api, exchange, **task, input, sha256(input.bytes));
}

Async<Handled> cancel_task(State& api, Request& request) {
  const auto task = find_task(api, request);
  if (!task) co_return std::unexpected(task.error());
  const TaskId id = (*task)->id;
  Coordinator::Command<TaskPtr> command = [id](Coordinator::Writer& writer) {
    return writer.cancel(id);
  };
  const auto cancelled = co_await api.coordinator().apply(std::move(command));
  if (!cancelled) co_return std::unexpected(cancelled.error());
  co_return co_await show(api, *cancelled, 200);
}

}  // namespace vcp::api
