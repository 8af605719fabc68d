// SPDX-License-Identifier: Apache-2.0
// Server-sent events, in the format of the HTML standard, section 9.2.
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <memory>

#include "answers.hpp"
#include "content.hpp"
#include "handlers.hpp"

namespace vcp::api {

using coordinator::Event;
using coordinator::EventFilter;
using coordinator::EventLog;
using http::Exchange;
using http::Request;

namespace {

constexpr std::size_t kPage = 500;              ///< events in one write
constexpr std::chrono::seconds kKeepAlive{15};  ///< after so much silence
constexpr std::uint64_t kMostBehind = 10'000;   ///< events that a reader may fall behind
constexpr std::string_view kIdHeader = "Last-Event-ID";

using SteadyClock = std::chrono::steady_clock;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

// --- What is asked for

struct Asked {
  EventFilter filter;
  std::uint64_t after = 0;
};

Result<> choose_types(std::string_view types, EventFilter& filter) {
  filter.tasks = filter.nodes = filter.rounds = false;
  while (true) {
    const std::size_t comma = types.find(',');
    const std::string_view type = types.substr(0, comma);
    if (type == "task") {
      filter.tasks = true;
    } else if (type == "node") {
      filter.nodes = true;
    } else if (type == "round") {
      filter.rounds = true;
    } else {
      return fail_field("?types", "must be some of task, node and round, with commas between");
    }
    if (comma == std::string_view::npos) return {};
    types.remove_prefix(comma + 1);
  }
}

Result<std::uint64_t> start_of(const Request& request, const EventLog& log) {
  const std::uint64_t newest = log.newest();
  if (!request.has_header(kIdHeader)) return newest;
  const std::string_view text = request.header(kIdHeader);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return fail_field(std::string(kIdHeader), "is not the id of an event");
  }
  if (id > newest) {
    return fail_field(std::string(kIdHeader),
                      "is in the future: the newest event is " + std::to_string(newest));
  }
  return id;
}

Result<Asked> parse(const Request& request, const EventLog& log) {
  const auto query = Query::parse(request, {"types"});
  if (!query) return std::unexpected(query.error());
  Asked asked{.filter = {.owner = visible_owner(request.principal)}};
  if (const auto types = query->find("types")) {
    const Result<> chosen = choose_types(*types, asked.filter);
    if (!chosen) return std::unexpected(chosen.error());
  }
  const auto after = start_of(request, log);
  if (!after) return std::unexpected(after.error());
  asked.after = *after;
  return asked;
}

// --- What is sent

/// `name` and `data` of the event, the latter on one line as JSON is here.
void append_block(std::string& out, std::string_view name, std::string_view data) {
  out.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
}

std::string_view write_members(json::Writer& writer, const Event::OfTask& task) {
  writer.member("task_id", task.task.to_string())
      .member("status", to_string(task.status))
      .member("owner", task.owner);
  return "task";
}

std::string_view write_members(json::Writer& writer, const Event::OfNode& node) {
  writer.member("node_id", node.node.value).member("status", to_string(node.status));
  return "node";
}

std::string_view write_members(json::Writer& writer, const Event::OfRound& round) {
  writer.member("job_id", round.job).member("round", round.round).member("state", round.state);
  if (!round.metrics.empty()) writer.key("metrics").raw(round.metrics);
  return "round";
}

void append_event(std::string& out, std::uint64_t id, const Event& event) {
  std::string data;
  json::Writer writer(data);
  writer.begin_object();
  const std::string_view name = std::visit(
      [&writer](const auto& subject) { return write_members(writer, subject); }, event.subject);
  writer.member("at", to_rfc3339(event.at)).end_object();
  out.append("id: ").append(std::to_string(id)).append("\n");
  append_block(out, name, data);
}

void append_gap(std::string& out, std::uint64_t after, std::uint64_t first) {
  std::string data;
  json::Writer(data)
      .begin_object()
      .member("after", after)
      .member("next", first)
      .member("detail", "what happened between is not kept any more")
      .end_object();
  append_block(out, "gap", data);
}

// --- The stream

/// What wakes a stream: new events, its keep-alive, its end.
struct Wake {
  Signal signal;
  std::atomic<bool> closing = false;
};

Async<void> watch_closing(Async<void> closing, std::shared_ptr<Wake> wake) {
  co_await std::move(closing);
  wake->closing = true;
  wake->signal.set();
}

class EventStream {
 public:
  EventStream(State& api, Exchange& exchange, const Asked& asked, Executor executor)
      : api_(api),
        log_(api.coordinator().events()),
        exchange_(exchange),
        executor_(executor),
        filter_(asked.filter),
        position_(asked.after),
        told_(asked.after),
        most_behind_(log_.newest() - asked.after + kMostBehind),
        subscription_(log_, {wake_, &wake_->signal}),
        timer_(executor) {}

  Async<void> run() {
    http::Response head{.status = 200, .content_type = "text/event-stream", .body = {}};
    head.headers.emplace_back("Cache-Control", "no-store");
    head.headers.emplace_back("X-Accel-Buffering", "no");  // a proxy must pass each event on
    const Result<> started = co_await exchange_.start(std::move(head), std::nullopt);
    if (!started) co_return;
    asio::co_spawn(executor_, watch_closing(exchange_.closing(), wake_), asio::detached);
    bool open = co_await begin();
    while (open) {
      wake_->signal.reset();
      if (wake_->closing) co_return;
      open = co_await step();
    }
  }

 private:
  /// Tells of a gap, if there is one before the first event.
  Async<bool> begin() {
    const EventLog::Page page = log_.read(position_, filter_, 0);
    if (page.first == position_ + 1) co_return true;
    std::string text;
    append_gap(text, position_, page.first);
    position_ = page.reached;
    co_return co_await send(text);
  }

  /// Sends what there is, or waits for more. False if the stream has come to its end.
  Async<bool> step() {
    if (const auto reason = reason_to_drop()) co_return co_await drop(*reason);
    const EventLog::Page page = log_.read(position_, filter_, kPage);
    if (page.first > position_ + 1) {
      co_return co_await drop("too slow: what comes next is not kept any more");
    }
    position_ = page.reached;
    if (!page.events.empty()) {
      std::string text;
      for (const auto& [id, event] : page.events) append_event(text, id, event);
      told_ = page.events.back().first;
      co_return co_await send(text);
    }
    if (position_ < log_.newest()) co_return true;
    co_return co_await wait();
  }

  Async<bool> wait() {
    const SteadyClock::time_point due = last_sent_ + kKeepAlive;
    if (SteadyClock::now() >= due) {
      std::string text = ": keep-alive\n";
      if (told_ != position_) text += "id: " + std::to_string(position_) + "\n";
      told_ = position_;
      text += "\n";
      co_return co_await send(text);
    }
    timer_.expires_at(due);
    timer_.async_wait([wake = wake_](const boost::system::error_code& cancelled) {
      if (!cancelled) wake->signal.set();
    });
    co_await wake_->signal.wait();
    most_behind_ = log_.newest() - position_ + kMostBehind;  // what came at once is nobody's delay
    co_return true;
  }

  Async<bool> send(const std::string& text) {
    const Result<> sent = co_await exchange_.write(text);
    last_sent_ = SteadyClock::now();
    // Not closing: the client is there, but took nothing for as long as a connection may idle.
    if (!sent && !wake_->closing) subscription_.count_dropped();
    co_return sent.has_value();
  }

  std::optional<std::string_view> reason_to_drop() {
    const std::uint64_t behind = log_.newest() - position_;
    if (behind > most_behind_) return "too slow: too many events wait";
    most_behind_ = std::min(most_behind_, behind + kMostBehind);
    if (!still_serves(exchange_.request().principal)) return "the token does not serve any more";
    return std::nullopt;
  }

  /// Whether the token was neither revoked nor has expired since.
  [[nodiscard]] bool still_serves(const http::Principal& who) const {
    const auto id = TokenId::parse(who.token_id);
    if (!id) return true;  // a server without authentication
    const auto token = api_.coordinator().tokens().find(*id);
    return token && (!token->expires_at || *token->expires_at > api_.now());
  }

  /// Ends the stream with the reason, if the client takes it still.
  Async<bool> drop(std::string_view reason) {
    subscription_.count_dropped();
    std::string data;
    json::Writer(data).begin_object().member("reason", reason).end_object();
    std::string text;
    append_block(text, "dropped", data);
    const Result<> sent = co_await exchange_.write(text);
    static_cast<void>(sent);
    co_return false;
  }

  State& api_;
  const EventLog& log_;
  Exchange& exchange_;
  Executor executor_;
  const EventFilter filter_;
  std::uint64_t position_;     ///< everything up to here was sent, or is not for this client
  std::uint64_t told_;         ///< the last id that the client has
  std::uint64_t most_behind_;  ///< falls while the client catches up
  std::shared_ptr<Wake> wake_ = std::make_shared<Wake>();
  EventLog::Subscription subscription_;
  Timer timer_;
  SteadyClock::time_point last_sent_ = SteadyClock::now();
};

}  // namespace

Async<void> get_events(State& api, Exchange& exchange) {
  const auto asked = parse(exchange.request(), api.coordinator().events());
  if (!asked) {
    Error error = asked.error();
    co_await send_problem(exchange, std::move(error));
    co_return;
  }
  const Executor executor = co_await asio::this_coro::executor;
  EventStream stream(api, exchange, *asked, executor);
  co_await stream.run();
}

}  // namespace vcp::api
