// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <thread>

#include "cli/command.hpp"
#include "cli/curve.hpp"
#include "cli/fields.hpp"
#include "cli/modules.hpp"
#include "cli/print.hpp"
#include "cli/table.hpp"
#include "vcp/client/url.hpp"

namespace vcp::cli {

namespace {

constexpr std::size_t kMaxJobBytes = 1 << 20;
constexpr std::size_t kMaxModelBytes = std::size_t{4} << 30;
constexpr std::size_t kCurveHeight = 10;
constexpr std::chrono::seconds kInterval{1};

/// Moves the cursor home and clears what is below (ECMA-48: CUP, ED).
constexpr std::string_view kClearScreen = "\x1b[H\x1b[J";

struct FlArguments {
  std::string id;
  std::string file;
  std::string model;
  std::string state;
  std::string metric;
  std::uint64_t round = 0;
  ListArguments list;
  bool json = false;
};

std::string path_of(std::string_view id) { return "/fl/jobs/" + client::percent_encode(id); }

std::uint64_t integer_at(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return member ? member->as_uint64().value_or(0) : 0;
}

// --- create

Result<Exit> create(Session& session, const FlArguments& arguments) {
  const auto body = read_file(arguments.file, kMaxJobBytes);
  if (!body) return std::unexpected(body.error());
  std::string model;
  if (!arguments.model.empty()) {
    auto bytes = read_file(arguments.model, kMaxModelBytes);
    if (!bytes) return std::unexpected(bytes.error());
    model = std::move(*bytes);
  }
  auto job = session.post("/fl/jobs", *body, "application/json");
  if (!job || model.empty()) return print_member(job, "job_id", arguments.json);
  json::Document document;
  const auto made = read(document, *job);
  if (!made) return std::unexpected(made.error());
  auto started = session.put(path_of(text_at(*made, "job_id")) + "/model", model,
                             "application/vnd.safetensors");
  return print_member(started, "job_id", arguments.json);
}

// --- watch

/// What is shown of a job while it runs.
struct Training {
  std::string state;
  std::string line;               ///< where it stands, in words
  std::uint64_t closed = 0;       ///< rounds that were looked at
  std::string metric;             ///< the one that is drawn; empty until a round has one
  std::vector<double> values;     ///< of it, round by round
  std::vector<std::string> news;  ///< a line for each round that has been closed since
};

void take_round(const json::Value& round, Training& training) {
  std::string line =
      "round " + text_at(round, "round") + ": " + text_at(round, "client_count") + " clients";
  if (const auto metrics = round.find("metrics")) {
    for (const auto& [name, value] : *metrics) {
      line.append("  ").append(name).append(" ").append(value.source());
      if (training.metric.empty()) training.metric = name;
      if (training.metric == name) training.values.push_back(value.as_double().value_or(0));
    }
  }
  const std::string epsilon = text_at(round, "epsilon_spent");
  if (!epsilon.empty()) line += "  epsilon " + epsilon;
  training.news.push_back(std::move(line));
}

/// Asks how the job stands and for the rounds that were closed since.
Result<> look(Session& session, const FlArguments& arguments, Training& training) {
  auto answer = session.get(path_of(arguments.id));
  if (!answer) return std::unexpected(answer.error());
  json::Document document;
  const auto job = read(document, *answer);
  if (!job) return std::unexpected(job.error());
  training.state = text_at(*job, "state");
  const std::uint64_t open = integer_at(*job, "round");
  training.line = text_at(*job, "name") + ": " + training.state + ", " +
                  std::to_string(std::max<std::uint64_t>(open, 1) - 1) + " of " +
                  text_at(*job, "rounds") + " rounds done, " + text_at(*job, "cohort.accepted") +
                  " of " + text_at(*job, "cohort.target_clients") + " updates";
  const std::string reason = text_at(*job, "reason");
  if (!reason.empty()) training.line += "\n" + reason;
  training.news.clear();
  while (training.closed + 1 < open) {
    auto text =
        session.get(path_of(arguments.id) + "/rounds/" + std::to_string(training.closed + 1));
    if (!text) return std::unexpected(text.error());
    json::Document parsed;
    const auto round = read(parsed, *text);
    if (!round) return std::unexpected(round.error());
    take_round(*round, training);
    ++training.closed;
  }
  return {};
}

void draw(const Training& training) {
  std::cout << kClearScreen << training.line << "\n\n";
  if (!training.values.empty()) {
    std::cout << training.metric << '\n' << curve(training.values, terminal_width(), kCurveHeight);
  }
  std::cout << std::flush;
}

/// Until the job is completed or paused: a curve on a terminal, else a line for each round.
Result<Exit> watch(Session& session, const FlArguments& arguments) {
  const bool on_terminal = isatty(STDOUT_FILENO) != 0;
  Training training;
  training.metric = arguments.metric;
  while (true) {
    if (const auto looked = look(session, arguments, training); !looked) {
      return std::unexpected(looked.error());
    }
    if (on_terminal) {
      draw(training);
    } else {
      for (const std::string& line : training.news) std::cout << line << '\n';
      std::cout << std::flush;
    }
    if (training.state == "completed" || training.state == "paused") break;
    std::this_thread::sleep_for(kInterval);
  }
  if (!on_terminal) std::cout << training.line << '\n';
  return training.state == "completed" ? Exit::success : Exit::failure;
}

// --- model

Result<Exit> save_model(Session& session, const FlArguments& arguments) {
  std::ofstream file;
  if (!arguments.file.empty()) file.open(arguments.file, std::ios::binary | std::ios::trunc);
  if (!file) return fail(Code::io, arguments.file + ": cannot be written");
  std::ostream& out = arguments.file.empty() ? std::cout : file;
  std::string target = path_of(arguments.id) + "/model";
  if (arguments.round > 0) target += "?round=" + std::to_string(arguments.round);
  auto done = session.download(target, [&](std::string_view part) -> Result<> {
    if (out.write(part.data(), static_cast<std::streamsize>(part.size()))) return {};
    return fail(Code::io, "the model cannot be written");
  });
  if (done && !out.flush()) return fail(Code::io, "the model cannot be written");
  return quietly(std::move(done));
}

// --- list

Columns columns() {
  const Time now = SystemClock().now();
  return {
      .header = {"JOB", "NAME", "STATE", "ROUND", "OF", "STRATEGY", "UPDATES", "EPSILON", "AGE"},
      .row = [now](const json::Value& job) -> std::vector<std::string> {
        return {text_at(job, "job_id"),
                text_at(job, "name"),
                text_at(job, "state"),
                text_at(job, "round"),
                text_at(job, "rounds"),
                text_at(job, "strategy.name"),
                text_at(job, "cohort.accepted"),
                rounded_at(job, "epsilon_spent"),
                age(text_at(job, "created_at"), now)};
      }};
}

Result<Exit> list(Session& session, const FlArguments& arguments) {
  std::string target = "/fl/jobs";
  if (!arguments.state.empty()) target += "?state=" + client::percent_encode(arguments.state);
  return print_list(session, target, arguments.list, columns());
}

}  // namespace

void add_fl(CLI::App& app, Commands& commands) {
  CLI::App* fl = app.add_subcommand("fl", "Train models by federated learning");
  auto arguments = std::make_shared<FlArguments>();
  auto add_verb = [fl, arguments](const char* name, const char* help) {
    CLI::App* verb = fl->add_subcommand(name, help);
    verb->add_option("JOB", arguments->id, "the job's id")->required();
    return verb;
  };

  CLI::App* create_app = fl->add_subcommand("create", "Open a job and print its id");
  create_app->add_option("FILE", arguments->file, "JSON as POST /fl/jobs takes it, or -")
      ->required();
  create_app->add_option("--model", arguments->model, "the first model, which starts it");
  create_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({create_app, [arguments](Session& s) { return create(s, *arguments); }});

  CLI::App* status_app = add_verb("status", "Show a job");
  status_app->add_flag("--json", arguments->json, "print JSON");
  commands.push_back({status_app, [arguments](Session& s) {
                        return print_object(s.get(path_of(arguments->id)), arguments->json);
                      }});

  CLI::App* watch_app = add_verb("watch", "Follow a job to its end: 0 completed, 1 paused");
  watch_app->add_option("--metric", arguments->metric, "what to draw, of what clients report");
  commands.push_back({watch_app, [arguments](Session& s) { return watch(s, *arguments); }});

  CLI::App* model_app = add_verb("model", "Write a global model");
  model_app->add_option("--round", arguments->round,
                        "that this round trains from; else the newest");
  model_app->add_option("-o,--file", arguments->file, "to this file, not to standard output");
  commands.push_back({model_app, [arguments](Session& s) { return save_model(s, *arguments); }});

  auto declare_filter = [arguments](CLI::App& verb) {
    verb.add_option("--state", arguments->state, "only these")
        ->check(CLI::IsMember({"waiting", "running", "paused", "completed"}));
    declare_list(verb, arguments->list);
  };
  add_list(*fl, "List jobs, newest first", commands, declare_filter,
           [arguments](Session& s) { return list(s, *arguments); });
}

}  // namespace vcp::cli
