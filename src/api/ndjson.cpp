// SPDX-License-Identifier: Apache-2.0
#include "ndjson.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "spool.hpp"
#include "vcp/base/signal.hpp"

namespace vcp::api {

using http::Exchange;

namespace {

constexpr std::size_t kMaxLinesPerGroup = 512;
constexpr std::size_t kMaxGroupBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxGroupsUnderWay = 16;
constexpr std::size_t kMaxBytesUnderWay = std::size_t{64} << 20;

/// Cuts a body into groups of lines.
class LineCutter {
 public:
  explicit LineCutter(std::size_t max_line_bytes) : max_line_bytes_(max_line_bytes) {}

  /// Takes whole lines off the front of `bytes` until the group is full or no whole line is left.
  void cut(std::string_view& bytes, LineGroup& group) {
    while (!bytes.empty() && group.size() < kMaxLinesPerGroup) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) {
        keep(bytes);
        bytes = {};
        return;
      }
      if (partial_.empty() && !too_long_) {
        add(bytes.substr(0, end), group);
      } else {
        keep(bytes.substr(0, end));
        finish(group);
      }
      bytes.remove_prefix(end + 1);
      if (group_bytes_ > kMaxGroupBytes) return;
    }
  }

  /// What stands after the last newline is a line too.
  void finish(LineGroup& group) {
    if (too_long_) {
      group.add_too_long();
    } else {
      add(partial_, group);
    }
    partial_.clear();
    too_long_ = false;
  }

  void begin_group() { group_bytes_ = 0; }

 private:
  void keep(std::string_view bytes) {
    const std::size_t most = max_line_bytes_ + 1;  // the line's end may be CR LF
    too_long_ = too_long_ || partial_.size() + bytes.size() > most;
    if (too_long_) {
      partial_.clear();
    } else {
      partial_.append(bytes);
    }
  }

  void add(std::string_view line, LineGroup& group) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > max_line_bytes_) return group.add_too_long();
    if (line.find_first_not_of(" \t") == std::string_view::npos) return;
    group.add(line);
    group_bytes_ += line.size();
  }

  std::size_t max_line_bytes_;
  std::size_t group_bytes_ = 0;
  std::string partial_;
  bool too_long_ = false;
};

/// The answers of groups, put back in order. Any thread.
class Answers {
 public:
  explicit Answers(std::filesystem::path spool_directory) : spool_(std::move(spool_directory)) {}

  /// The answer to the `number`th group.
  void put(std::uint64_t number, std::string text) {
    {
      const std::lock_guard lock(mutex_);
      early_.emplace(number, std::move(text));
      for (auto next = early_.find(next_); next != early_.end(); next = early_.find(++next_)) {
        if (!failure_ && !unwanted_) push(next->second);
        early_.erase(next);
      }
    }
    news_.set();
  }

  /// There is a group that will have no answer.
  void fail(Error error) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::move(error);
    }
    news_.set();
  }

  /// Nobody takes answers any more: they are dropped from now on.
  void drop() {
    const std::lock_guard lock(mutex_);
    unwanted_ = true;
  }

  [[nodiscard]] bool failed() {
    const std::lock_guard lock(mutex_);
    return failure_.has_value();
  }

  /// After the last group.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    news_.set();
  }

  /// The next part of what is to be sent; empty at the end, an error if there is no end. One
  /// caller.
  Async<Result<std::string>> next() {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (!spool_.empty()) co_return spool_.pop();
        if (failure_) co_return std::unexpected(*failure_);
        if (closed_) co_return std::string();
        news_.reset();
      }
      co_await news_.wait();
    }
  }

 private:
  void push(std::string_view text) {
    if (const Result<> pushed = spool_.push(text); !pushed) failure_ = pushed.error();
  }

  std::mutex mutex_;
  Spool spool_;
  std::map<std::uint64_t, std::string> early_;  // answered before an earlier one was
  std::uint64_t next_ = 0;
  bool closed_ = false;
  bool unwanted_ = false;
  std::optional<Error> failure_;
  Signal news_;
};

/// Groups that are being processed. The reader waits when there is too much of them.
class UnderWay {
 public:
  void begin(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    ++count_;
    bytes_ += bytes;
  }

  void end(std::size_t bytes) {
    // Under the lock: once the last one has ended, the waiter may destroy this.
    const std::lock_guard lock(mutex_);
    --count_;
    bytes_ -= bytes;
    fewer_.set();
  }

  /// Completes once fewer groups than `groups` of fewer bytes than `bytes` are under way.
  Async<void> below(std::size_t groups, std::size_t bytes) {
    while (true) {
      {
        const std::lock_guard lock(mutex_);
        if (count_ < groups && bytes_ < bytes) co_return;
        fewer_.reset();
      }
      co_await fewer_.wait();
    }
  }

 private:
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
  Signal fewer_;
};

/// What the reader, the writer and the groups of one body share. The reader outlives the others.
struct Pipeline {
  Exchange& exchange;
  ProcessGroup process;
  Answers answers;
  UnderWay under_way;
  Result<> outcome;  ///< an error if answers are missing
  Signal written;
};

Async<void> run_group(Pipeline& pipeline, LineGroup group, std::uint64_t number) {
  std::string text = co_await pipeline.process(group);
  pipeline.answers.put(number, std::move(text));
}

/// An error if answers are missing; a client that is gone misses none.
Async<Result<>> write_answers(Pipeline& pipeline) {
  http::Response head{.status = 200, .content_type = "application/x-ndjson", .body = {}};
  Result<> sent = co_await pipeline.exchange.start(std::move(head), std::nullopt);
  while (sent) {
    const auto part = co_await pipeline.answers.next();
    if (!part) co_return std::unexpected(part.error());
    if (part->empty()) break;
    sent = co_await pipeline.exchange.write(*part);
  }
  co_return Result<>{};
}

Error error_of(const std::exception_ptr& escaped) {
  try {
    std::rethrow_exception(escaped);
  } catch (const std::exception& exception) {
    return {.code = Code::internal, .message = exception.what()};
  }
}

/// Reads to the end of the body, or until an answer is lost, and begins the groups.
Async<Result<>> read_lines(Pipeline& pipeline, std::size_t max_line_bytes) {
  const Executor executor = co_await asio::this_coro::executor;
  LineCutter cutter(max_line_bytes);
  std::uint64_t number = 0;
  LineGroup group(0);
  const auto begin_group = [&] {
    LineGroup full = std::exchange(group, LineGroup(group.next_index()));
    cutter.begin_group();
    const std::size_t bytes = full.bytes();
    pipeline.under_way.begin(bytes);
    asio::co_spawn(executor, run_group(pipeline, std::move(full), number++),
                   [&pipeline, bytes](const std::exception_ptr& escaped) {
                     if (escaped) pipeline.answers.fail(error_of(escaped));
                     pipeline.under_way.end(bytes);
                   });
  };
  while (true) {
    const auto part = co_await pipeline.exchange.read();
    if (!part) co_return std::unexpected(part.error());
    if (pipeline.answers.failed()) co_return Result<>{};
    if (part->empty()) break;
    std::string_view rest = *part;
    while (!rest.empty()) {
      cutter.cut(rest, group);
      if (group.size() > 0) begin_group();
      co_await pipeline.under_way.below(kMaxGroupsUnderWay, kMaxBytesUnderWay);
    }
  }
  cutter.finish(group);
  if (group.size() > 0) begin_group();
  co_return Result<>{};
}

}  // namespace

Async<void> serve_lines(Exchange& exchange, ProcessGroup process, std::size_t max_line_bytes,
                        std::filesystem::path spool_directory) {
  Pipeline pipeline{.exchange = exchange,
                    .process = std::move(process),
                    .answers = Answers(std::move(spool_directory)),
                    .under_way = {},
                    .outcome = {},
                    .written = {}};
  const Executor executor = co_await asio::this_coro::executor;
  asio::co_spawn(executor, write_answers(pipeline),
                 [&pipeline](const std::exception_ptr& escaped, Result<> outcome) {
                   pipeline.outcome =
                       escaped ? std::unexpected(error_of(escaped)) : std::move(outcome);
                   pipeline.answers.drop();
                   pipeline.written.set();
                 });
  // A body that breaks off ends the connection; what was read of it counts.
  const Result<> read = co_await read_lines(pipeline, max_line_bytes);
  if (!read) spdlog::info("a batch broke off: {}", read.error().message);
  co_await pipeline.under_way.below(1, 1);
  pipeline.answers.close();
  co_await pipeline.written.wait();
  // Answers without their end must not look whole: this cuts the connection.
  if (!pipeline.outcome) throw std::runtime_error(pipeline.outcome.error().message);
}

}  // namespace vcp::api
