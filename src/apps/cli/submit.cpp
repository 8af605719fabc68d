// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <memory>

#include "cli/command.hpp"
#include "cli/fields.hpp"
#include "cli/modules.hpp"
#include "cli/progress.hpp"
#include "cli/submission.hpp"
#include "vcp/base/encoding.hpp"

namespace vcp::cli {

namespace {

using std::chrono::seconds;

/// As the server takes blobs by default.
constexpr std::size_t kMaxInputBytes = std::size_t{1} << 30;

/// Above this an input is uploaded by itself: it may be larger than a request, and goes to nodes
/// that way in any case.
constexpr std::size_t kMaxInlineInputBytes = std::size_t{64} << 10;

/// How long one request waits for the end of a task; shorter while somebody watches.
constexpr seconds kWait{30};
constexpr seconds kWatchedWait{1};

/// For the answer to come, beyond the wait.
constexpr seconds kMargin{30};

struct SubmitArguments {
  Submission submission;
  bool wait = false;
  bool no_wait = false;
  bool json = false;
};

/// Whether somebody gives standard input on purpose: a file or a pipe.
bool has_standard_input() {
  struct stat status{};
  return fstat(STDIN_FILENO, &status) == 0 && (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode));
}

Result<Input> read_input(Session& session, const Submission& submission) {
  std::string path = submission.input;
  bool is_call = !submission.function.empty() || !submission.args.empty();
  if (path.empty() && submission.inputs.empty() && !is_call && has_standard_input()) path = "-";
  if (path.empty()) return Input();

  auto bytes = read_file(path, kMaxInputBytes);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  if (bytes->size() <= kMaxInlineInputBytes) return Input{.bytes = std::move(*bytes)};
  auto answer = session.post("/blobs", *bytes, "application/octet-stream");
  if (!answer) return std::unexpected(std::move(answer.error()));
  json::Document document;
  auto blob = read(document, *answer);
  if (!blob) return std::unexpected(std::move(blob.error()));
  return Input{.blob_id = text_at(*blob, "blob_id")};
}

struct TaskState {
  std::string id;
  std::string status;
  std::optional<double> progress;

  [[nodiscard]] bool ended() const {
    return status == "completed" || status == "failed" || status == "cancelled";
  }
};

Result<TaskState> state_of(const std::string& task) {
  json::Document document;
  auto object = read(document, task);
  if (!object) return std::unexpected(std::move(object.error()));
  auto progress = object->find("progress");
  return TaskState{.id = text_at(*object, "task_id"),
                   .status = text_at(*object, "status"),
                   .progress = progress ? progress->as_double() : std::nullopt};
}

/// Waits for the end of a task; `task` is what is known of it, and comes back as it is then.
Result<std::string> wait_for_end(Session& session, std::string task) {
  Progress progress;
  seconds wait = progress.visible() ? kWatchedWait : kWait;
  while (true) {
    auto state = state_of(task);
    if (!state) return std::unexpected(std::move(state.error()));
    if (state->ended()) return task;
    progress.show(state->status, state->progress);
    auto answer = session.get("/tasks/" + state->id + "?wait=" + std::to_string(wait.count()),
                              wait + kMargin);
    if (!answer) return answer;
    task = std::move(*answer);
  }
}

Result<> write_output(Session& session, const json::Value& task) {
  auto result = task.find("result");
  if (!result || !result->is(json::Kind::object)) return {};
  std::cerr << text_at(*result, "log") << std::flush;
  auto encoded = result->find("output");
  auto text = encoded ? encoded->as_plain_string() : std::nullopt;
  if (text) {
    auto bytes = from_base64(*text);
    if (!bytes) return fail(Code::malformed, "the server's answer has no good output");
    std::cout.write(bytes->data(), static_cast<std::streamsize>(bytes->size()));
  } else {
    auto done = session.download(
        "/tasks/" + text_at(task, "task_id") + "/output", [](std::string_view part) -> Result<> {
          std::cout.write(part.data(), static_cast<std::streamsize>(part.size()));
          return {};
        });
    if (!done) return done;
  }
  if (!std::cout.flush()) return fail(Code::io, "the output cannot be written");
  return {};
}

/// The output to standard output, the log and the reason of a failure to standard error.
Result<Exit> deliver(Session& session, const std::string& answer, bool as_json) {
  json::Document document;
  auto task = read(document, answer);
  if (!task) return std::unexpected(std::move(task.error()));
  bool completed = text_at(*task, "status") == "completed";
  std::string reason = text_at(*task, "failure.reason");
  if (as_json) {
    std::cout << answer << '\n';
  } else if (completed || reason == "exit_code") {
    auto written = write_output(session, *task);
    if (!written) return std::unexpected(std::move(written.error()));
  }
  if (completed) return Exit::success;
  std::string detail = text_at(*task, "failure.detail");
  std::cerr << "vcp: task " << text_at(*task, "task_id") << ' ' << text_at(*task, "status");
  if (!reason.empty()) std::cerr << ": " << reason;
  if (!detail.empty()) std::cerr << ": " << detail;
  std::cerr << '\n';
  return Exit::failure;
}

Result<Exit> submit(Session& session, const SubmitArguments& arguments) {
  if (auto good = check(arguments.submission); !good) return usage_error(good.error().message);
  auto input = read_input(session, arguments.submission);
  if (!input) return std::unexpected(std::move(input.error()));
  auto module_id = module_id_of(session, arguments.submission.module);
  if (!module_id) return std::unexpected(std::move(module_id.error()));

  std::string body = submission_body(arguments.submission, *module_id, *input);
  seconds wait = arguments.no_wait ? seconds(0) : kWatchedWait;
  auto answer = session.post("/tasks?wait=" + std::to_string(wait.count()), body,
                             "application/json", wait + kMargin);
  if (!answer) return std::unexpected(std::move(answer.error()));
  if (arguments.no_wait) {
    auto state = state_of(*answer);
    if (!state) return std::unexpected(std::move(state.error()));
    std::cout << (arguments.json ? *answer : state->id) << '\n';
    return Exit::success;
  }
  auto ended = wait_for_end(session, std::move(*answer));
  if (!ended) return std::unexpected(std::move(ended.error()));
  return deliver(session, *ended, arguments.json);
}

}  // namespace

void add_submit(CLI::App& app, Commands& commands) {
  CLI::App* submit_app =
      app.add_subcommand("submit", "Run a program on the mesh; its output goes to standard output");
  auto arguments = std::make_shared<SubmitArguments>();
  declare(*submit_app, arguments->submission);
  auto* wait = submit_app->add_flag("--wait", arguments->wait, "wait for the end (the default)");
  submit_app->add_flag("--no-wait", arguments->no_wait, "print the task's id and leave it")
      ->excludes(wait);
  submit_app->add_flag("--json", arguments->json, "print the task as JSON, not its output");
  commands.push_back({submit_app, [arguments](Session& s) { return submit(s, *arguments); }});
}

}  // namespace vcp::cli
