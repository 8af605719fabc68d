// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "sandbox.hpp"
#include "vcp/base/hash.hpp"

namespace vcp::wasm {
namespace {

std::string read_example(const std::string& name) {
  std::ifstream file(std::string(VCP_EXAMPLES_DIRECTORY) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

Outcome run_example(const std::string& name, const Invocation& invocation) {
  return engine().execute(*load_binary(read_example(name)), invocation);
}

TEST(Examples, WordCountCounts) {
  const Outcome outcome = run_example(
      "wordcount.wasm", {.argv = {"2"}, .input = "One fish, two fish.\nRed fish, one."});
  EXPECT_EQ(outcome.status, Status::ok) << outcome.detail;
  EXPECT_EQ(outcome.output, "3 fish\n2 one\n");
  EXPECT_EQ(outcome.log, "7 words, 4 different\n");
}

TEST(Examples, WordCountCopesWithMuchInput) {
  std::string input;
  for (int i = 0; i < 100'000; ++i) input += "w" + std::to_string(i % 5'000) + ' ';
  const Outcome outcome = run_example("wordcount.wasm", {.argv = {"1"}, .input = input});
  EXPECT_EQ(outcome.output, "20 w0\n") << outcome.detail;
}

TEST(Examples, Sha256IsThatOfTheInput) {
  for (const std::size_t size : {0, 1, 55, 56, 63, 64, 65, 100'000}) {
    const std::string input(size, 'x');
    EXPECT_EQ(run_example("sha256.wasm", {.input = input}).output, sha256(input).hex() + "  -\n");
  }
}

TEST(Examples, ReverseReverses) {
  const std::string wat = read_example("reverse.wat");
  EXPECT_EQ(run(wat, {.input = "drawer"}).output, "reward");
  EXPECT_EQ(run(wat).output, "");
  const std::string large = std::string(300'000, 'a') + "b";
  EXPECT_EQ(run(wat, {.input = large}).output, "b" + std::string(300'000, 'a'));
  EXPECT_EQ(call(wat, "factorial", "[20]").output, "[2432902008176640000]");
}

}  // namespace
}  // namespace vcp::wasm
