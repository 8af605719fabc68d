// SPDX-License-Identifier: Apache-2.0
#include "field_rules.hpp"

#include <gtest/gtest.h>

namespace vcp::http {
namespace {

TEST(Host, NamesAndAddressesWithAndWithoutPort) {
  for (const char* good : {"a", "a.b-c:80", "127.0.0.1:8080", "[::1]", "[::1]:443", "a:"}) {
    EXPECT_TRUE(is_valid_host(good)) << good;
  }
}

TEST(Host, AnythingElseIsRefused) {
  for (const char* bad :
       {"", ":80", "a b", "a/b", "u@a", "a:x", "a:123456", "[::1", "[]", "[::1]x"}) {
    EXPECT_FALSE(is_valid_host(bad)) << bad;
  }
}

TEST(MediaType, ParametersAndCaseAreIgnored) {
  EXPECT_TRUE(is_media_type_of("application/json", {"application/json"}));
  EXPECT_TRUE(is_media_type_of("Application/JSON ; charset=UTF-8", {"application/json"}));
  EXPECT_TRUE(is_media_type_of("application/json;charset=\"utf-8\"", {"application/json"}));
  EXPECT_TRUE(is_media_type_of("text/wat", {"application/wasm", "text/wat"}));
}

TEST(MediaType, OthersAreNone) {
  EXPECT_FALSE(is_media_type_of("", {"application/json"}));
  EXPECT_FALSE(is_media_type_of("application/jsonx", {"application/json"}));
  EXPECT_FALSE(is_media_type_of("application/json; charset=latin1", {"application/json"}));
}

TEST(BearerToken, SchemeIsCaseInsensitive) {
  EXPECT_EQ(bearer_token("Bearer abc"), "abc");
  EXPECT_EQ(bearer_token("bEARER  a-b._~+/="), "a-b._~+/=");
}

TEST(BearerToken, OtherSchemesAndIllFormedTokensAreNone) {
  for (const char* bad : {"", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearerabc"}) {
    EXPECT_FALSE(bearer_token(bad)) << bad;
  }
}

TEST(RequestId, VisibleAsciiUpTo128) {
  EXPECT_TRUE(is_valid_request_id("a"));
  EXPECT_TRUE(is_valid_request_id(std::string(128, 'a')));
  EXPECT_FALSE(is_valid_request_id(std::string(129, 'a')));
  EXPECT_FALSE(is_valid_request_id(""));
  EXPECT_FALSE(is_valid_request_id("a b"));
  EXPECT_FALSE(is_valid_request_id("\xc3\xa4"));
}

// The example of W3C Trace Context, section 3.2, and departures from it.
TEST(Traceparent, OfTheSpecificationIsValid) {
  EXPECT_TRUE(is_valid_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
  EXPECT_TRUE(is_valid_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what"));
}

TEST(Traceparent, IllFormedIsNot) {
  for (const char* bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what",
                          "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}) {
    EXPECT_FALSE(is_valid_traceparent(bad)) << bad;
  }
}

}  // namespace
}  // namespace vcp::http
