// SPDX-License-Identifier: Apache-2.0
#include "vcp/base/result.hpp"

#include <gtest/gtest.h>

#include <set>

namespace vcp {
namespace {

TEST(Code, HasANameOfItsOwn) {
  std::set<std::string_view> names;
  const int last = static_cast<int>(Code::internal);
  for (int code = 0; code <= last; ++code) names.insert(to_string(static_cast<Code>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(last) + 1);
  EXPECT_EQ(to_string(Code::not_found), "not_found");
}

TEST(Fail, CarriesCodeAndMessage) {
  const Result<int> result = fail(Code::conflict, "taken");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::conflict);
  EXPECT_EQ(result.error().message, "taken");
  EXPECT_TRUE(result.error().fields.empty());
}

TEST(FailField, NamesTheFieldInMessageAndList) {
  const Result<> result = fail_field("/size", "must be positive");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::invalid);
  EXPECT_EQ(result.error().message, "/size: must be positive");
  EXPECT_EQ(result.error().fields, (std::vector<FieldError>{{"/size", "must be positive"}}));
}

}  // namespace
}  // namespace vcp
