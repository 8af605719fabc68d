// SPDX-License-Identifier: Apache-2.0
#include "ndjson.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "fake_exchange.hpp"
#include "store/directory.hpp"
#include "vcp/base/random.hpp"

namespace vcp::api {
namespace {

constexpr std::size_t kMaxLine = 8;

/// Answers each line with its number and its text.
std::string answer(const LineGroup& group) {
  std::string text;
  for (std::size_t i = 0; i < group.size(); ++i) {
    const LineGroup::Line line = group[i];
    text += std::to_string(line.index) + ":" +
            (line.too_long ? "too long" : std::string(line.text)) + "\n";
  }
  return text;
}

Async<std::string> echo(const LineGroup& group) { co_return answer(group); }

class Lines : public testing::Test {
 protected:
  /// Begins to serve; whether it is done is in `done`, with what it threw.
  void start(FakeExchange& exchange, ProcessGroup process = echo, std::size_t max_line = kMaxLine) {
    asio::co_spawn(io_.get_executor(),
                   serve_lines(exchange, std::move(process), max_line, directory_.path()),
                   [this](std::exception_ptr thrown) {
                     done_ = true;
                     thrown_ = std::move(thrown);
                   });
    settle();
  }

  void settle() {
    io_.restart();
    io_.poll();
  }

  /// What a body that comes in these parts is answered with.
  std::string served(std::vector<std::string> parts) {
    FakeExchange exchange(std::move(parts));
    done_ = false;
    start(exchange);
    EXPECT_TRUE(done_);
    EXPECT_FALSE(thrown_);
    EXPECT_EQ(exchange.status(), 200U);
    return exchange.written();
  }

  store::TemporaryDirectory directory_;
  asio::io_context io_;
  bool done_ = false;
  std::exception_ptr thrown_;
};

// --- Cutting

TEST_F(Lines, AreCutAtNewlines) { EXPECT_EQ(served({"a\nb\nc\n"}), "0:a\n1:b\n2:c\n"); }

TEST_F(Lines, MayEndWithCarriageReturns) { EXPECT_EQ(served({"a\r\nb\r\n"}), "0:a\n1:b\n"); }

TEST_F(Lines, MayLackTheLastNewline) {
  EXPECT_EQ(served({"a\nb"}), "0:a\n1:b\n");
  EXPECT_EQ(served({"a\r\nb\r"}), "0:a\n1:b\n");
}

TEST_F(Lines, ThatAreBlankAreNone) {
  EXPECT_EQ(served({"\n\na\n \t\r\n\r\nb\n\n  "}), "0:a\n1:b\n");
}

TEST_F(Lines, OfAnEmptyBodyAreNone) {
  EXPECT_EQ(served({}), "");
  EXPECT_EQ(served({"\n"}), "");
}

TEST_F(Lines, KeepWhatStandsInThem) {
  EXPECT_EQ(served({" a\rb \r\r\n"}), "0: a\rb \r\n");
  EXPECT_EQ(served({std::string("\0\n", 2)}), std::string("0:\0\n", 4));
}

TEST_F(Lines, ThatAreTooLongHarmNoOther) {
  EXPECT_EQ(served({"12345678\n123456789\nx\n"}), "0:12345678\n1:too long\n2:x\n");
  EXPECT_EQ(served({"123456789"}), "0:too long\n");
  EXPECT_EQ(served({"1234567", "89", "123", "\nx"}), "0:too long\n1:x\n");
}

TEST_F(Lines, OfTheGreatestLengthMayEndWithACarriageReturn) {
  EXPECT_EQ(served({"12345678\r\nx\n"}), "0:12345678\n1:x\n");
  EXPECT_EQ(served({"12345678\r", "\nx\n"}), "0:12345678\n1:x\n");
  EXPECT_EQ(served({"12345678\r"}), "0:12345678\n");
}

TEST_F(Lines, OfSpacesThatAreTooLongAreTooLongHoweverTheyCome) {
  EXPECT_EQ(served({"          \n"}), "0:too long\n");
  EXPECT_EQ(served({"     ", "     \n"}), "0:too long\n");
}

TEST_F(Lines, AreTheSameHoweverTheyCome) {
  SeededRandom random(1);
  constexpr std::string_view kBytes = "ab \t\r\n\n";
  for (int round = 0; round < 300; ++round) {
    std::string whole(random.below(80), '\0');
    for (char& byte : whole) byte = kBytes[random.below(kBytes.size())];
    std::vector<std::string> parts;
    for (std::string_view rest = whole; !rest.empty();) {
      const std::size_t size = 1 + random.below(rest.size());
      parts.emplace_back(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    EXPECT_EQ(served(parts), served({whole})) << testing::PrintToString(parts);
  }
}

TEST_F(Lines, AreGroupedInBoundedNumbers) {
  std::string body;
  std::string expected;
  for (int i = 0; i < 2'000; ++i) {
    body += "x\n";
    expected += std::to_string(i) + ":x\n";
  }
  FakeExchange exchange({body});
  std::size_t largest = 0;
  start(exchange, [&largest](const LineGroup& group) {
    largest = std::max(largest, group.size());
    return echo(group);
  });
  EXPECT_EQ(exchange.written(), expected);
  EXPECT_LE(largest, 512U);
}

TEST_F(Lines, AreGroupedInBoundedBytes) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  const std::string line = std::string(kMebibyte, 'x') + "\n";
  FakeExchange exchange({line + line + line + line});
  std::size_t largest = 0;
  const auto measure = [&largest](const LineGroup& group) {
    largest = std::max(largest, group.size());
    return echo(group);
  };
  start(exchange, measure, kMebibyte);
  EXPECT_TRUE(done_);
  EXPECT_LE(largest, 2U);
}

// --- Answering

/// Holds each group until it is told to go on.
class Gates {
 public:
  ProcessGroup process() {
    return [this](const LineGroup& group) { return pass(group); };
  }
  void open(std::uint64_t line) { gates_.at(line)->set(); }
  [[nodiscard]] std::size_t waiting() const { return gates_.size(); }

 private:
  Async<std::string> pass(const LineGroup& group) {
    const auto gate = std::make_shared<Signal>();
    gates_[group[0].index] = gate;
    co_await gate->wait();
    co_return answer(group);
  }

  std::map<std::uint64_t, std::shared_ptr<Signal>> gates_;
};

TEST_F(Lines, AreAnsweredInOrderWhateverEndsFirst) {
  FakeExchange exchange({"a\n", "b\n", "c\n"});
  Gates gates;
  start(exchange, gates.process());
  ASSERT_EQ(gates.waiting(), 3U) << "the groups run side by side";
  gates.open(2);
  settle();
  EXPECT_EQ(exchange.written(), "");
  gates.open(0);
  settle();
  EXPECT_EQ(exchange.written(), "0:a\n");
  gates.open(1);
  settle();
  EXPECT_EQ(exchange.written(), "0:a\n1:b\n2:c\n");
  EXPECT_TRUE(done_);
}

TEST_F(Lines, AreReadNoFurtherWhileManyGroupsAreUnderWay) {
  FakeExchange exchange(std::vector<std::string>(100, "x\n"));
  Gates gates;
  start(exchange, gates.process());
  EXPECT_EQ(gates.waiting(), 16U);
  EXPECT_EQ(exchange.parts_read(), 16U);
  gates.open(5);
  settle();
  EXPECT_EQ(gates.waiting(), 17U);
  for (std::uint64_t line = 0; line < 100; ++line) {
    gates.open(line);
    settle();
  }
  EXPECT_TRUE(done_);
}

/// Answers each line with a mebibyte.
Async<std::string> answer_at_length(const LineGroup& group) {
  std::string text;
  for (std::size_t i = 0; i < group.size(); ++i) {
    text += std::string(std::size_t{1} << 20, static_cast<char>('a' + group[i].index)) + "\n";
  }
  co_return text;
}

std::string long_answers(std::uint64_t count) {
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    text += std::string(std::size_t{1} << 20, static_cast<char>('a' + i)) + "\n";
  }
  return text;
}

TEST_F(Lines, AreReadToTheEndAlthoughTheClientTakesNoAnswer) {
  FakeExchange exchange(std::vector<std::string>(20, "x\n"));
  exchange.stop_taking();
  start(exchange, answer_at_length);
  EXPECT_EQ(exchange.parts_read(), 20U);
  EXPECT_EQ(exchange.written(), "");
  EXPECT_FALSE(done_);
  exchange.take_on();
  settle();
  EXPECT_TRUE(done_);
  EXPECT_TRUE(exchange.written() == long_answers(20));
}

TEST_F(Lines, AreAllServedAlthoughTheClientIsGone) {
  FakeExchange exchange({"a\n", "b\n", "c\n"});
  exchange.leave();
  std::size_t groups = 0;
  start(exchange, [&groups](const LineGroup& group) {
    ++groups;
    return echo(group);
  });
  EXPECT_EQ(groups, 3U);
  EXPECT_TRUE(done_);
  EXPECT_FALSE(thrown_);
}

TEST_F(Lines, AreServedAsFarAsTheyCame) {
  FakeExchange exchange({"a\nb\nc"});
  exchange.break_off({.code = Code::io, .message = "the client is gone"});
  start(exchange);
  EXPECT_TRUE(done_);
  EXPECT_EQ(exchange.written(), "0:a\n1:b\n");
}

Async<std::string> fail_at_b(const LineGroup& group) {
  if (group[0].text == "b") throw std::runtime_error("no answer to this");
  co_return answer(group);
}

TEST_F(Lines, CutTheConnectionWhenOneHasNoAnswer) {
  FakeExchange exchange({"a\n", "b\n", "c\n"});
  start(exchange, fail_at_b);
  EXPECT_TRUE(done_);
  EXPECT_TRUE(thrown_);
  EXPECT_EQ(exchange.written(), "0:a\n");
}

TEST_F(Lines, CutTheConnectionWhenTheLastOneHasNoAnswer) {
  FakeExchange exchange({"a\n", "b\n"});
  start(exchange, fail_at_b);
  EXPECT_TRUE(done_);
  EXPECT_TRUE(thrown_);
  EXPECT_EQ(exchange.written(), "0:a\n");
}

TEST_F(Lines, CutTheConnectionWhenAnswersCannotBeKept) {
  FakeExchange exchange(std::vector<std::string>(20, "x\n"));
  exchange.stop_taking();
  std::filesystem::remove_all(directory_.path());
  start(exchange, answer_at_length);
  exchange.take_on();
  settle();
  EXPECT_TRUE(done_);
  EXPECT_TRUE(thrown_);
  EXPECT_TRUE(long_answers(20).starts_with(exchange.written()));
}

}  // namespace
}  // namespace vcp::api
