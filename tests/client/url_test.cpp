// SPDX-License-Identifier: Apache-2.0
#include "vcp/client/url.hpp"

#include <gtest/gtest.h>

namespace vcp::client {
namespace {

TEST(Url, HostPortAndPathAreRead) {
  auto url = parse_url("http://example.org:8080/vcp/");
  ASSERT_TRUE(url);
  EXPECT_EQ(*url, (Url{.tls = false, .host = "example.org", .port = 8080, .path = "/vcp"}));
}

TEST(Url, PortFollowsTheScheme) {
  EXPECT_EQ(parse_url("http://a")->port, 80);
  EXPECT_EQ(parse_url("https://a")->port, 443);
}

TEST(Url, Ipv6StandsInBrackets) {
  auto url = parse_url("http://[::1]:80");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->authority(), "[::1]");
}

TEST(Url, AuthorityNamesAPortThatIsNotTheSchemesOwn) {
  EXPECT_EQ(parse_url("https://a:8443")->authority(), "a:8443");
  EXPECT_EQ(parse_url("https://a:443")->authority(), "a");
}

class BadUrl : public ::testing::TestWithParam<const char*> {};

TEST_P(BadUrl, IsRefusedByName) {
  auto url = parse_url(GetParam());
  ASSERT_FALSE(url);
  EXPECT_EQ(url.error().code, Code::invalid);
  EXPECT_TRUE(url.error().message.starts_with(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, BadUrl,
                         ::testing::Values("", "example.org", "ftp://a", "http://", "http://:80",
                                           "http://a:", "http://a:0", "http://a:65536",
                                           "http://a:8x", "http://user@a", "http://a?q",
                                           "http://a/#f", "http://a/b c", "http://[::1",
                                           "http://[zz]", "http://a\r\nHost: b"));

TEST(PercentEncode, KeepsUnreservedCharactersOnly) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("a b/ü"), "a%20b%2F%C3%BC");
}

}  // namespace
}  // namespace vcp::client
