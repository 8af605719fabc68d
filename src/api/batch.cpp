// SPDX-License-Identifier: Apache-2.0
// The two routes that take newline-delimited JSON.
#include "answers.hpp"
#include "content.hpp"
#include "handlers.hpp"
#include "ndjson.hpp"
#include "results.hpp"
#include "submission.hpp"

namespace vcp::api {

using coordinator::Answer;
using coordinator::Coordinator;
using coordinator::Created;
using coordinator::Once;
using mesh::TaskPtr;

namespace {

/// A result may carry 1.4 times the greatest output, its log, and what stands around them.
constexpr std::size_t kMaxResultLine = (std::size_t{64} << 20) * 14 / 10 + (std::size_t{1} << 20);

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

struct BatchContext {
  State& api;
  http::Principal who;
  std::optional<Once> once;  ///< each line's key is this one with its index
};

Async<Result<Prepared>> prepare_line(State& api, const http::Principal& who, LineGroup::Line line) {
  if (line.too_long) co_return line_too_long();
  json::Document document;
  const auto body = document.parse(line.text);
  if (!body) co_return std::unexpected(body.error());
  auto submission = parse_submission(*body);
  if (!submission) co_return std::unexpected(submission.error());
  if (is_ready(api, who, *submission)) co_return prepare_now(api, who, std::move(*submission));
  co_return co_await prepare(api, who, std::move(*submission));
}

std::optional<Once> once_for_line(const BatchContext& context, const LineGroup::Line& line) {
  if (!context.once) return std::nullopt;
  return Once{.owner = context.once->owner,
              .key = context.once->key + '\n' + std::to_string(line.index),
              .request = sha256(line.text)};
}

Coordinator::Creation creation_of(Prepared& prepared, std::optional<Once> once) {
  Coordinator::Command<Coordinator::Render> command =
      [&prepared](Coordinator::Writer& writer) -> Result<Coordinator::Render> {
    const auto task = submit(writer, std::move(prepared));
    if (!task) return std::unexpected(task.error());
    return
        [id = (*task)->id] { return Answer{.status = 201, .body = {}, .subject = id.to_string()}; };
  };
  return {.once = std::move(once), .command = std::move(command)};
}

Async<std::string> submit_group(const BatchContext& context, const LineGroup& group) {
  std::vector<Result<Prepared>> prepared;
  prepared.reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) {
    auto line = co_await prepare_line(context.api, context.who, group[i]);
    prepared.push_back(std::move(line));
  }
  std::vector<Coordinator::Creation> creations;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (prepared[i])
      creations.push_back(creation_of(*prepared[i], once_for_line(context, group[i])));
  }
  const auto outcomes = co_await context.api.coordinator().create_all(std::move(creations));

  std::string text;
  std::size_t next = 0;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const std::uint64_t index = group[i].index;
    if (!prepared[i]) {
      append_problem(text, index, prepared[i].error());
    } else if (!outcomes) {
      append_problem(text, index, outcomes.error());
    } else if (const Result<Created>& outcome = (*outcomes)[next++]; !outcome) {
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
  co_await serve_lines(exchange, std::move(process), kMaxResultLine, api.services.spool_directory);
}

}  // namespace vcp::api
