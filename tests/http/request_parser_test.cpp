// SPDX-License-Identifier: Apache-2.0
#include "request_parser.hpp"

#include <gtest/gtest.h>

#include <string>

namespace vcp::http {
namespace {

using State = RequestParser::State;

RequestParser parser() { return RequestParser(16 * 1024, 8 * 1024); }

struct Refused {
  const char* name;
  std::string head;
  unsigned status;
};

std::string with(std::string_view fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

class RefusedHead : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedHead, HasItsStatus) {
  RequestParser tested = parser();
  ASSERT_EQ(tested.parse_head(GetParam().head), State::refused);
  EXPECT_EQ(tested.refusal().status, GetParam().status);
}

TEST_P(RefusedHead, HasItsStatusByteByByte) {
  RequestParser tested = parser();
  State state = State::more;
  const std::string& head = GetParam().head;
  for (std::size_t size = 1; size <= head.size() && state == State::more; ++size) {
    state = tested.parse_head(std::string_view(head).substr(0, size));
  }
  ASSERT_EQ(state, State::refused);
  EXPECT_EQ(tested.refusal().status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc9112, RefusedHead,
    ::testing::Values(
        Refused{"TransferEncodingGzip", with("Transfer-Encoding: gzip\r\n"), 501},
        Refused{"TransferEncodingXchunked", with("Transfer-Encoding: xchunked\r\n"), 501},
        Refused{"TransferEncodingChunkedIdentity", with("Transfer-Encoding: chunked, identity\r\n"),
                501},
        Refused{"TransferEncodingGzipChunked", with("Transfer-Encoding: gzip, chunked\r\n"), 501},
        Refused{"TransferEncodingTwiceInOne", with("Transfer-Encoding: chunked, chunked\r\n"), 400},
        Refused{"TransferEncodingTwice",
                with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"TransferEncodingEmpty", with("Transfer-Encoding:\r\n"), 400},
        Refused{"TransferEncodingInHttp10",
                "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        Refused{"TransferEncodingAfterLength",
                with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), 400},
        Refused{"LengthAfterTransferEncoding",
                with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), 400},
        Refused{"HostMissing", "GET / HTTP/1.1\r\n\r\n", 400},
        Refused{"HostTwice", with("Host: a\r\n"), 400},
        Refused{"HostEmpty", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        Refused{"HostWithSpace", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
        Refused{"HostWithPath", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
        Refused{"HostWithUser", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
        Refused{"HostWithBadPort", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
        Refused{"LengthTwice", with("Content-Length: 3\r\nContent-Length: 3\r\n"), 400},
        Refused{"LengthList", with("Content-Length: 3, 3\r\n"), 400},
        Refused{"LengthWithSign", with("Content-Length: +3\r\n"), 400},
        Refused{"LengthNegative", with("Content-Length: -3\r\n"), 400},
        Refused{"LengthHexadecimal", with("Content-Length: 0x3\r\n"), 400},
        Refused{"LengthEmpty", with("Content-Length:\r\n"), 400},
        Refused{"LengthTooManyDigits", with("Content-Length: 99999999999999999999\r\n"), 400},
        Refused{"FieldFolded", with("X-A: b\r\n c\r\n"), 400},
        Refused{"FieldFoldedWithTab", with("X-A: b\r\n\tc\r\n"), 400},
        Refused{"FieldFoldedAfterNothing", with("X-A:\r\n c\r\n"), 400},
        Refused{"FieldFoldedToNothing", with("X-A: b\r\n \r\n"), 400},
        Refused{"FieldFoldedBothEmpty", with("X-A:\r\n \r\n"), 400},
        Refused{"SpaceBeforeColon", with("X-A : b\r\n"), 400},
        Refused{"SpaceBeforeName", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
        Refused{"NameEmpty", with(": b\r\n"), 400}, Refused{"ColonMissing", with("X-A\r\n"), 400},
        Refused{"BareCrInValue", with("X-A: b\rc\r\n"), 400},
        Refused{"BareLfInValue", with("X-A: b\nc\r\n"), 400},
        Refused{"BareLfAfterRequestLine", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
        Refused{"NulInValue", with(std::string("X-A: b\0c\r\n", 10)), 400},
        Refused{"ExpectUnknown", with("Expect: a-miracle\r\n"), 417},
        Refused{"ConnectionIllFormed", with("Connection: a b\r\n"), 400},
        Refused{"MethodIllFormed", "G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetMissing", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetNotAPath", "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetOnlyAQuery", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetAuthority", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetWithFragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetWithRawUtf8", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"TargetAsteriskOfGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"VersionTwo", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
        Refused{"VersionIllFormed", "GET / HTTP/1.x\r\nHost: a\r\n\r\n", 400},
        Refused{"VersionMissing", "GET /\r\nHost: a\r\n\r\n", 400},
        Refused{"TwoSpacesInRequestLine", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        Refused{"HeaderTooLarge", with("X-A: " + std::string(16 * 1024, 'a') + "\r\n"), 431},
        Refused{"HeaderTooLargeWithoutEnd",
                "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + std::string(17 * 1024, 'a'), 431},
        Refused{"TargetTooLong",
                "GET /" + std::string(9 * 1024, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        Refused{"TargetTooLongWithoutEnd", "GET /" + std::string(17 * 1024, 'a'), 414}),
    [](const auto& param) { return param.param.name; });

TEST(RequestParser, ReadsAHead) {
  const std::string head =
      "PUT /a/b?c=d HTTP/1.1\r\nHost: a:80\r\nX-A: \t b c \t\r\nx-b:\r\nConnection: close\r\n\r\n";
  RequestParser tested = parser();
  ASSERT_EQ(tested.parse_head(head), State::done);
  EXPECT_EQ(tested.head_size(), head.size());
  EXPECT_FALSE(tested.keep_alive());
  Request request;
  tested.describe(head, request);
  EXPECT_EQ(request.method, Method::put);
  EXPECT_EQ(request.path, "/a/b");
  EXPECT_EQ(request.query, "c=d");
  EXPECT_EQ(request.header("X-a"), "b c");
  EXPECT_TRUE(request.has_header("X-B"));
  EXPECT_EQ(request.header("x-b"), "");
}

TEST(RequestParser, ReadsTheSameByteByByteWhileTheBytesMove) {
  const std::string head = "GET /a?b HTTP/1.1\r\nHost: a\r\nX-A: b\r\nX-C: d\r\n\r\n";
  RequestParser tested = parser();
  for (std::size_t size = 1; size < head.size(); ++size) {
    ASSERT_EQ(tested.parse_head(std::string(head, 0, size)), State::more) << size;
  }
  ASSERT_EQ(tested.parse_head(head), State::done);
  Request request;
  tested.describe(head, request);
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.header("x-a"), "b");
  EXPECT_EQ(request.header("x-c"), "d");
}

TEST(RequestParser, ForgivesOneEmptyLineBeforeARequest) {
  RequestParser tested = parser();
  EXPECT_EQ(tested.parse_head("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::done);
  tested.reset();
  EXPECT_EQ(tested.parse_head("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::refused);
}

TEST(RequestParser, ReadsAbsoluteForm) {
  const std::string head = "GET http://a:80/b?c HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser tested = parser();
  ASSERT_EQ(tested.parse_head(head), State::done);
  Request request;
  tested.describe(head, request);
  EXPECT_EQ(request.path, "/b");
  EXPECT_EQ(request.query, "c");
}

TEST(RequestParser, ReadsAbsoluteFormWithoutAPath) {
  const std::string head = "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestParser tested = parser();
  ASSERT_EQ(tested.parse_head(head), State::done);
  Request request;
  tested.describe(head, request);
  EXPECT_EQ(request.path, "/");
}

TEST(RequestParser, Http10NeedsNoHostAndEndsByItself) {
  RequestParser tested = parser();
  ASSERT_EQ(tested.parse_head("GET / HTTP/1.0\r\n\r\n"), State::done);
  EXPECT_FALSE(tested.keep_alive());
}

TEST(RequestParser, HeadOfExactlyTheLimitIsRead) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\nX-A: ";
  head += std::string(16 * 1024 - head.size() - 4, 'a') + "\r\n\r\n";
  RequestParser tested = parser();
  EXPECT_EQ(tested.parse_head(head), State::done);
}

/// The status of the refusal of a chunked body, 0 if it is read to the end, 1 if it has none.
unsigned chunked(std::string_view body, std::string* content = nullptr) {
  const std::string head = with("Transfer-Encoding: chunked\r\n");
  RequestParser tested = parser();
  EXPECT_EQ(tested.parse_head(head), State::done);
  tested.limit_body(1000);
  for (;;) {
    const RequestParser::Step step = tested.parse_body(body);
    body.remove_prefix(step.consumed);
    if (content != nullptr) *content += step.piece;
    if (step.state == State::refused) return tested.refusal().status;
    if (step.state == State::done) return 0;
    if (step.piece.empty()) return 1;
  }
}

TEST(ChunkedBody, IsPutTogether) {
  std::string content;
  EXPECT_EQ(chunked("3\r\nabc\r\nA;x=y;z=\"q\"\r\n0123456789\r\n0\r\n\r\n", &content), 0U);
  EXPECT_EQ(content, "abc0123456789");
}

TEST(ChunkedBody, TrailersAreReadAndDropped) {
  EXPECT_EQ(chunked("1\r\na\r\n0\r\nX-T: v\r\n\r\n"), 0U);
}

TEST(ChunkedBody, WithoutEndWantsMore) {
  EXPECT_EQ(chunked("3\r\nabc\r\n"), 1U);
  EXPECT_EQ(chunked("3\r\nabc\r\n0\r\n"), 1U);
}

TEST(ChunkedBody, OverTheLimitIs413) { EXPECT_EQ(chunked("3e9\r\n"), 413U); }

TEST(ChunkedBody, AHugeSizeIsRefused) {
  EXPECT_EQ(chunked("ffffffffffffffff\r\n"), 413U);
  EXPECT_EQ(chunked("10000000000000000\r\n"), 400U);
}

TEST(ChunkedBody, SizeMustBeHexadecimal) {
  EXPECT_EQ(chunked("x\r\n"), 400U);
  EXPECT_EQ(chunked("-1\r\n"), 400U);
  EXPECT_EQ(chunked("0x1\r\na\r\n\r\n"), 400U);
  EXPECT_EQ(chunked(" 1\r\na\r\n"), 400U);
}

TEST(ChunkedBody, DataMustEndWithItsChunk) { EXPECT_EQ(chunked("3\r\nabcd\r\n0\r\n\r\n"), 400U); }

TEST(ChunkedBody, BareLineFeedIsRefused) {
  EXPECT_EQ(chunked("3\nabc\r\n0\r\n\r\n\r\n"), 400U);
  EXPECT_EQ(chunked("1;a=\"\n\"\r\na\r\n0\r\n\r\n"), 400U);
}

TEST(ChunkedBody, ExtensionsAreBoundedInOneChunk) {
  EXPECT_EQ(chunked("1;a=" + std::string(5000, 'b') + "\r\na\r\n0\r\n\r\n"), 400U);
  EXPECT_EQ(chunked("1;a=" + std::string(9000, 'b')), 400U);
}

TEST(ChunkedBody, ExtensionsAreBoundedInAll) {
  std::string body;
  for (int i = 0; i < 50; ++i) body += "1;a=" + std::string(100, 'b') + "\r\na\r\n";
  EXPECT_EQ(chunked(body), 400U);
}

TEST(ChunkedBody, TrailersAreBounded) {
  std::string trailers;
  while (trailers.size() < 10'000) trailers += "X-T: v\r\n";
  EXPECT_EQ(chunked("0\r\n" + trailers), 400U);
}

TEST(ChunkedBody, ATrailerMustNotFrame) {
  EXPECT_EQ(chunked("0\r\nContent-Length: 5\r\n\r\n"), 400U);
  EXPECT_EQ(chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400U);
}

}  // namespace
}  // namespace vcp::http
