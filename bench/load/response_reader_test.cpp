// SPDX-License-Identifier: Apache-2.0
#include "response_reader.hpp"

#include <gtest/gtest.h>

namespace vcp::load {
namespace {

using State = ResponseReader::State;

/// An answer read in pieces of `step` bytes.
struct Reading {
  explicit Reading(std::string_view bytes, std::size_t step = 1'000'000) {
    reader.begin();
    while (!bytes.empty() && state == State::more) {
      state = reader.feed(bytes.substr(0, step), body);
      bytes.remove_prefix(std::min(step, bytes.size()));
    }
  }

  ResponseReader reader;
  std::string body;
  State state = State::more;
};

constexpr std::string_view kLength =
    "HTTP/1.1 201 Created\r\nServer: x\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n7;a=b\r\n, world\r\n0\r\nTrailer: x\r\n\r\n";

TEST(ResponseReader, ReadsABodyByItsLength) {
  const Reading reading(kLength);
  EXPECT_EQ(reading.state, State::done);
  EXPECT_EQ(reading.reader.status(), 201U);
  EXPECT_EQ(reading.body, "hello");
}

TEST(ResponseReader, ReadsABodyInChunks) {
  const Reading reading(kChunked);
  EXPECT_EQ(reading.state, State::done);
  EXPECT_EQ(reading.reader.status(), 200U);
  EXPECT_EQ(reading.body, "hello, world");
}

TEST(ResponseReader, DoesNotMindWhereTheBytesAreCut) {
  for (const std::string_view bytes : {kLength, kChunked}) {
    const Reading whole(bytes);
    for (std::size_t step = 1; step < bytes.size(); ++step) {
      const Reading cut(bytes, step);
      EXPECT_EQ(cut.state, State::done) << step;
      EXPECT_EQ(cut.body, whole.body) << step;
    }
  }
}

TEST(ResponseReader, WantsMoreWhileSomethingIsMissing) {
  for (const std::string_view bytes : {kLength, kChunked}) {
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(Reading(bytes.substr(0, size)).state, State::more) << size;
    }
  }
}

TEST(ResponseReader, TakesAnAnswerWithoutBody) {
  EXPECT_EQ(Reading("HTTP/1.1 204 No Content\r\n\r\n").state, State::done);
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").state, State::done);
}

TEST(ResponseReader, TellsWhetherTheConnectionStays) {
  EXPECT_TRUE(Reading(kLength).reader.keeps_alive());
  const Reading closing("HTTP/1.1 503 x\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n");
  EXPECT_FALSE(closing.reader.keeps_alive());
}

TEST(ResponseReader, ServesAgainAfterBegin) {
  Reading reading("HTTP/1.1 503 x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
  reading.reader.begin();
  reading.body.clear();
  EXPECT_EQ(reading.reader.feed(kChunked, reading.body), State::done);
  EXPECT_TRUE(reading.reader.keeps_alive());
  EXPECT_EQ(reading.body, "hello, world");
}

TEST(ResponseReader, RefusesWhatIsNoAnswer) {
  EXPECT_EQ(Reading("SSH-2.0-OpenSSH_9.2\r\n\r\n").state, State::broken);
  EXPECT_EQ(Reading("HTTP/1.1 abc\r\nContent-Length: 0\r\n\r\n").state, State::broken);
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").state, State::broken);
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\nno field\r\n\r\n").state, State::broken);
}

TEST(ResponseReader, RefusesABodyWithoutALength) {
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\n\r\n").state, State::broken);
}

TEST(ResponseReader, RefusesBytesAfterTheAnswer) {
  EXPECT_EQ(Reading(std::string(kLength) + "x").state, State::broken);
}

TEST(ResponseReader, RefusesAHeadWithoutEnd) {
  const std::string endless(2 * ResponseReader::kMaxHeadBytes, 'x');
  EXPECT_EQ(Reading("HTTP/1.1 200 OK\r\nX: " + endless, 1'000).state, State::broken);
}

}  // namespace
}  // namespace vcp::load
