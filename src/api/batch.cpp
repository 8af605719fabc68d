// SPDX-License-Identifier: Apache-2.0
// The two routes that take newline-delimited JSON.
#include <algorithm>
#include <map>
#include <memory>
#include <mutex>

#include "answers.hpp"
#include "content.hpp"
#include "handlers.hpp"
#include "ndjson.hpp"
#include "results.hpp"
#include "submission.hpp"
#include "vcp/base/signal.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Coordinator;
using coordinator::Created;
using coordinator::Once;
using mesh::TaskPtr;

namespace {

std::unexpected<Error> line_too_long() {
  return fail(Code::too_large, "the line is longer than a body may be");
}

void append_problem(std::string& out, std::uint64_t index, const Error& error) {
  json::Writer writer(out);
  writer.begin_object()
      .member("index", index)
      .key("problem")
      .raw(http::problem_json(error))
      .end_object();
  out.push_back('\n');
}

// --- Submissions

/// Lets groups through in the order of their lines, however long each takes to be prepared.
class Order {
 public:
  /// Completes once every line before `first` has passed.
  Async<void> turn_of(std::uint64_t first) {
    std::shared_ptr<Signal> turn;
    {
      const std::lock_guard lock(mutex_);
      if (next_ >= first) co_return;
      turn = std::make_shared<Signal>();
      waiting_.emplace(first, turn);
    }
    co_await turn->wait();
  }

  /// Every line before `next` has passed. More than once does no harm.
  void pass(std::uint64_t next) {
    const std::lock_guard lock(mutex_);
    next_ = std::max(next_, next);
    while (!waiting_.empty() && waiting_.begin()->first <= next_) {
      waiting_.begin()->second->set();
      waiting_.erase(waiting_.begin());
    }
  }

 private:
  std::mutex mutex_;
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Signal>> waiting_;
};

/// Lets the next group through in any case, be it that this one throws.
struct PassOnExit {
  Order& order;
  std::uint64_t next;

  ~PassOnExit() { order.pass(next); }
};

struct BatchContext {
  State& api;
  http::Principal who;
  std::optional<Once> once;  ///< each line's key is this one with its index
  Order order = {};
};

Async<Result<Prepared>> prepare_line(State& api, const http::Principal& who, LineGroup::Line line) {
  if (line.too_long) co_return line_too_long();
  json::Document document;
  const auto body = document.parse(line.text);
  if (!body) co_return std::unexpected(body.error());
  auto submission = parse_submission(*body);
  if (!submission) co_return std::unexpected(submission.error());
  auto ready = prepare_now(api, who, *submission);
  if (ready) co_return std::move(*ready);
  co_return co_await prepare(api, who, std::move(*submission));
}

std::optional<Once> once_for_line(const BatchContext& context, const LineGroup::Line& line) {
  if (!context.once || line.too_long) return std::nullopt;
  return Once{.owner = context.once->owner,
              .key = context.once->key + '\n' + std::to_string(line.index),
              .request = sha256(line.text)};
}

/// What was wrong with a line is told by its command: a repetition gets the first answer whatever
/// has become of the rest.
Coordinator::Creation creation_of(Result<Prepared>& prepared, std::optional<Once> once) {
  Coordinator::Command<Coordinator::Render> command =
      [&prepared](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    if (!prepared) return std::unexpected(prepared.error());
    const auto task = submit(writer, std::move(*prepared));
    if (!task) return std::unexpected(task.error());
    return
        [id = (*task)->id] { return Answer{.status = 201, .body = {}, .subject = id.to_string()}; };
  };
  return {.once = std::move(once), .command = std::move(command)};
}

/// As its first command runs, the writer has the group, and the next one may come.
void pass_on_first(Coordinator::Creation& first, Order& order, std::uint64_t next) {
  first.command = [command = std::move(first.command), &order,
                   next](Coordinator::Writer& writer) mutable {
    order.pass(next);
    return command(writer);
  };
}

Async<std::string> submit_group(BatchContext& context, const LineGroup& group) {
  const PassOnExit pass{.order = context.order, .next = group.next_index()};
  std::vector<Result<Prepared>> prepared;
  prepared.reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    auto line = co_await prepare_line(context.api, context.who, group[i]);
    prepared.push_back(std::move(line));
  }
  std::vector<Coordinator::Creation> creations;
  for (std::size_t i = 0; i < group.size(); ++i) {
    creations.push_back(creation_of(prepared[i], once_for_line(context, group[i])));
  }
  pass_on_first(creations.front(), context.order, group.next_index());
  co_await context.order.turn_of(group[0].index);
  const auto outcomes = co_await context.api.coordinator().create_all(std::move(creations));

  std::string text;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::uint64_t index = group[i].index;
    if (!outcomes) {
      append_problem(text, index, outcomes.error());
    } else if (const Result<Created>& outcome = (*outcomes)[i]; !outcome) {
      append_problem(text, index, outcome.error());
    } else {
      text += "{\"index\":" + std::to_string(index) + ",\"task_id\":\"" + outcome->answer.subject +
              "\"}\n";
    }
  }
  co_return text;
}

// --- Results

Async<Result<PreparedReport>> prepare_result_line(State& api, const ReportContext& known,
                                                  LineGroup::Line line) {
  if (line.too_long) co_return line_too_long();
  json::Document document;
  const auto body = document.parse(line.text);
  if (!body) co_return std::unexpected(body.error());
  auto sent = parse_report(*body, known);
  if (!sent) co_return std::unexpected(sent.error());
  co_return co_await prepare_report(api, std::move(*sent));
}

Async<std::string> settle_group(State& api, const ReportContext& known, const LineGroup& group) {
  std::vector<Result<PreparedReport>> prepared;
  prepared.reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    auto line = co_await prepare_result_line(api, known, group[i]);
    prepared.push_back(std::move(line));
  }
  const auto* const reports = &prepared;
  Coordinator::Command<std::vector<Result<TaskPtr>>> command =
      [reports](Coordinator::Writer& writer) {
        std::vector<Result<TaskPtr>> settled;
        for (const Result<PreparedReport>& each : *reports) {
          if (each) settled.push_back(writer.report(each->report));
        }
        return Result<std::vector<Result<TaskPtr>>>(std::move(settled));
      };
  const auto settled = co_await api.coordinator().apply(std::move(command));

  std::string text;
  std::size_t next = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::uint64_t index = group[i].index;
    if (!prepared[i]) {
      append_problem(text, index, prepared[i].error());
    } else if (!settled) {
      append_problem(text, index, settled.error());
    } else if (const Result<TaskPtr>& task = (*settled)[next++]; !task) {
      append_problem(text, index, task.error());
    } else {
      text += "{\"index\":" + std::to_string(index) + ",";
      text += std::string_view(render_report_answer(**task)).substr(1);
      text += '\n';
    }
  }
  co_return text;
}

}  // namespace

Async<void> post_batch(State& api, http::Exchange& exchange) {
  BatchContext context{.api = api, .who = exchange.request().principal, .once = {}};
  auto once = once_of(exchange.request(), Digest{});
  if (!once) {
    co_await send_problem(exchange, once.error());
    co_return;
  }
  context.once = std::move(*once);
  ProcessGroup process = [&context](const LineGroup& group) {
    return submit_group(context, group);
  };
  co_await serve_lines(exchange, std::move(process), api.services.limits.body_bytes,
                       api.services.spool_directory);
}

Async<void> post_results(State& api, http::Exchange& exchange) {
  const http::Request& request = exchange.request();
  if (const Result<> own = acts_for(request.principal, request.param("id")); !own) {
    co_await send_problem(exchange, own.error());
    co_return;
  }
  ReportContext known;
  known.node = NodeId{std::string(request.param("id"))};
  ProcessGroup process = [&api, &known](const LineGroup& group) {
    return settle_group(api, known, group);
  };
  co_await serve_lines(exchange, std::move(process), kMaxResultBytes, api.services.spool_directory);
}

}  // namespace vcp::api
