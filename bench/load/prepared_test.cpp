// SPDX-License-Identifier: Apache-2.0
#include "prepared.hpp"

#include <gtest/gtest.h>

namespace vcp::load {
namespace {

TEST(Prepared, PutsTheNumberInItsPlace) {
  Prepared prepared("<{{number}}>");
  EXPECT_EQ(prepared.at(7), "<0000000007>");
  EXPECT_EQ(prepared.at(1'234'567'890), "<1234567890>");
  EXPECT_EQ(prepared.at(0), "<0000000000>");
}

TEST(Prepared, WithoutAPlaceStaysAsItIs) { EXPECT_EQ(Prepared("text").at(5), "text"); }

TEST(Prepare, WritesARequestAsHttpHasIt) {
  Prepared post = prepare({.method = "POST",
                           .target = "/a",
                           .host = "h:80",
                           .bearer = "secret",
                           .content_type = "text/plain",
                           .body = "n={{number}}"});
  EXPECT_EQ(post.at(3),
            "POST /a HTTP/1.1\r\nHost: h:80\r\nAuthorization: Bearer secret\r\n"
            "Content-Type: text/plain\r\nContent-Length: 12\r\n\r\nn=0000000003");
}

TEST(Prepare, LeavesOutWhatThereIsNotOfAGet) {
  EXPECT_EQ(prepare({.method = "GET", .target = "/a", .host = "h"}).at(0),
            "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
}

}  // namespace
}  // namespace vcp::load
