// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/checkpoint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

#include "vcp/base/encoding.hpp"

namespace vcp::log {
namespace {

using testing::HasSubstr;

// The example of C2SP tlog-checkpoint.
constexpr std::string_view kExample =
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

SignerKey make_key(std::string name, std::uint64_t seed) {
  SeededRandom random(seed);
  return SignerKey::generate(std::move(name), random).value();
}

template <class T>
std::string why(const Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(Checkpoint, ReadsTheExampleOfTlogCheckpoint) {
  const Checkpoint checkpoint = parse_checkpoint(kExample).value();
  EXPECT_EQ(checkpoint.origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint.tree.size, 20'852'163U);
  EXPECT_EQ(to_base64(checkpoint.tree.root.view()), "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=");
}

TEST(Checkpoint, IsWrittenAsItIsRead) {
  EXPECT_EQ(to_text(parse_checkpoint(kExample).value()), kExample);
}

TEST(Checkpoint, SizesGoFromNothingTo64Bits) {
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{10},
                                   std::numeric_limits<std::uint64_t>::max()}) {
    const Checkpoint checkpoint{"o", {size, sha256("root")}};
    EXPECT_EQ(parse_checkpoint(to_text(checkpoint)), checkpoint);
  }
}

TEST(Checkpoint, ExtensionLinesArePassedOver) {
  EXPECT_EQ(parse_checkpoint(std::string(kExample) + "extension\nand another\n"),
            parse_checkpoint(kExample).value());
}

TEST(Checkpoint, IsRefusedWithTheReason) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  for (const auto& [text, reason] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "fewer than three lines"},
           {"o\n1\n", "fewer than three lines"},
           {"o\n1\n" + root, "fewer than three lines"},
           {"\n1\n" + root + "\n", "no origin"},
           {"o\n\n" + root + "\n", "no tree size"},
           {"o\n01\n" + root + "\n", "no tree size"},
           {"o\n00\n" + root + "\n", "no tree size"},
           {"o\n-1\n" + root + "\n", "no tree size"},
           {"o\n+1\n" + root + "\n", "no tree size"},
           {"o\n1 \n" + root + "\n", "no tree size"},
           {"o\n0x1\n" + root + "\n", "no tree size"},
           {"o\n18446744073709551616\n" + root + "\n", "no tree size"},
           {"o\n1\n\n", "no root hash"},
           {"o\n1\n" + root.substr(1) + "\n", "no root hash"},
           {"o\n1\n" + to_base64(std::string(31, 'r')) + "\n", "no root hash"},
           {"o\n1\n" + to_base64(std::string(33, 'r')) + "\n", "no root hash"},
           {"o\n1\n" + root + "\n\n", "empty or unfinished line"},
           {"o\n1\n" + root + "\nextension", "empty or unfinished line"}}) {
    const auto result = parse_checkpoint(text);
    EXPECT_THAT(why(result), HasSubstr(reason)) << text;
  }
}

TEST(Checkpoint, OpensByAKeyOfItsOrigin) {
  const SignerKey key = make_key("vcp.example/log", 1);
  const Checkpoint checkpoint{"vcp.example/log", {7, sha256("root")}};
  const std::string note = sign_note(to_text(checkpoint), {{key}});
  const auto opened = open_checkpoint(note, std::vector{key.verifier()});
  ASSERT_TRUE(opened) << why(opened);
  EXPECT_EQ(opened->checkpoint, checkpoint);
  EXPECT_EQ(opened->signers, std::vector{key.verifier()});
}

TEST(Checkpoint, OpensByOldAndNewKeyWhileBothSign) {
  const std::vector keys{make_key("log", 1), make_key("log", 2)};
  const std::string note = sign_note(to_text({"log", {7, sha256("root")}}), keys);
  for (const SignerKey& key : keys) {
    EXPECT_TRUE(open_checkpoint(note, std::vector{key.verifier()}));
  }
}

TEST(Checkpoint, DoesNotOpenByAKeyOfAnotherLog) {
  const SignerKey key = make_key("witness.example", 1);
  const std::string note = sign_note(to_text({"vcp.example/log", {7, sha256("root")}}), {{key}});
  EXPECT_THAT(why(open_checkpoint(note, std::vector{key.verifier()})),
              HasSubstr("none of its signers is named after"));
}

TEST(Checkpoint, DoesNotOpenIfTheSignedTextIsNone) {
  const SignerKey key = make_key("log", 1);
  const std::string note = sign_note("log\nseven\nroot\n", {{key}});
  EXPECT_THAT(why(open_checkpoint(note, std::vector{key.verifier()})), HasSubstr("no tree size"));
}

}  // namespace
}  // namespace vcp::log
