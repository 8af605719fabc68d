// SPDX-License-Identifier: Apache-2.0
#include "vcp/log/note.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "vcp/base/encoding.hpp"

namespace vcp::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// The example of the package note of Go's x/mod module (sumdb/note, example_test.go).
constexpr std::string_view kPublicSecret =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr std::string_view kPublicVerifier =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPublicNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xE2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    "\n";

SignerKey make_key(std::string name, std::uint64_t seed) {
  SeededRandom random(seed);
  return SignerKey::generate(std::move(name), random).value();
}

std::string sign(std::string_view text, std::vector<SignerKey> keys) {
  return sign_note(text, keys);
}

Result<std::vector<VerifierKey>> verify(std::string_view bytes, std::vector<VerifierKey> keys) {
  const Result<Note> note = parse_note(bytes);
  if (!note) return std::unexpected(note.error());
  return verify_note(*note, keys);
}

template <class T>
std::string why(const Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(Key, ReadsTheKeysOfGosExample) {
  EXPECT_EQ(VerifierKey::parse(kPublicVerifier)->name, "PeterNeumann");
  EXPECT_EQ(SignerKey::parse(kPublicSecret)->verifier().to_string(), kPublicVerifier);
}

TEST(Key, IsWrittenAsItIsRead) {
  EXPECT_EQ(VerifierKey::parse(kPublicVerifier)->to_string(), kPublicVerifier);
  EXPECT_EQ(SignerKey::parse(kPublicSecret)->to_string(), kPublicSecret);
}

TEST(Key, IsRefusedWithTheReason) {
  const std::string key(kPublicVerifier.substr(22));
  const std::string short_key = to_base64("\x01short");
  const std::string other_type = to_base64('\x02' + std::string(32, 'k'));
  for (const auto& [text, reason] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "form name+hash+base64"},
           {"PeterNeumann", "form name+hash+base64"},
           {"PeterNeumann+c74f20a3", "form name+hash+base64"},
           {"+c74f20a3+" + key, "name"},
           {"Peter Neumann+c74f20a3+" + key, "name"},
           {"PeterNeumann+c74f20a+" + key, "8 hexadecimal digits"},
           {"PeterNeumann+c74f20a300+" + key, "8 hexadecimal digits"},
           {"PeterNeumann+c74f20ag+" + key, "8 hexadecimal digits"},
           {"PeterNeumann+c74f20a4+" + key, "of another key"},
           {"PeterNewmann+c74f20a3+" + key, "of another key"},
           {"PeterNeumann+c74f20a3+" + key + "\n", "base64"},
           {"PeterNeumann+c74f20a3+!", "base64"},
           {"PeterNeumann+c74f20a3+", "no Ed25519 key"},
           {"PeterNeumann+c74f20a3+" + short_key, "no Ed25519 key"},
           {"PeterNeumann+c74f20a3+" + other_type, "no Ed25519 key"}}) {
    EXPECT_THAT(why(VerifierKey::parse(text)), HasSubstr(reason)) << text;
  }
}

TEST(Key, SecretIsRefusedWithTheReason) {
  EXPECT_THAT(why(SignerKey::parse(kPublicVerifier)), HasSubstr("begins with PRIVATE+KEY+"));
  std::string other_name(kPublicSecret);
  other_name[14] = 'X';
  EXPECT_THAT(why(SignerKey::parse(other_name)), HasSubstr("of another key"));
}

TEST(Key, NamesHoldNoSpaceNoPlusNoControlCharacterNoBrokenUtf8) {
  for (const std::string_view good : {"vcp.example/log", "a", "Łódź", "\xF0\x9F\x98\x80"}) {
    EXPECT_TRUE(is_key_name(good)) << good;
  }
  for (const std::string_view bad :
       {"", "a b", "a+b", "a\tb", "a\nb", "a\xC2\xA0", "\xC2\x85", "a\xE2\x80\x83z", "\xE3\x80\x80",
        "\x7F\x1F", "\xFF", "\xC3"}) {
    EXPECT_FALSE(is_key_name(bad)) << bad;
  }
}

TEST(Key, IsNotMadeForABadName) {
  SeededRandom random(1);
  EXPECT_FALSE(SignerKey::generate("a b", random));
}

TEST(Keys, AreReadOneALine) {
  const std::string other = make_key("b", 2).verifier().to_string();
  const auto keys =
      parse_verifier_keys("# old\n" + std::string(kPublicVerifier) + "\n\n# new\n" + other + "\n");
  ASSERT_TRUE(keys) << why(keys);
  EXPECT_THAT(*keys, ElementsAre(VerifierKey::parse(kPublicVerifier).value(),
                                 VerifierKey::parse(other).value()));
}

TEST(Keys, MayEndWithoutANewline) { EXPECT_EQ(parse_verifier_keys(kPublicVerifier)->size(), 1U); }

TEST(Keys, AreRefusedWithTheLine) {
  EXPECT_THAT(why(parse_verifier_keys(std::string(kPublicVerifier) + "\nnone\n")),
              HasSubstr("line 2: "));
  EXPECT_THAT(why(parse_verifier_keys("# nothing\n")), HasSubstr("no verifier key"));
}

TEST(Note, ByGosExampleVerifies) {
  const VerifierKey key = VerifierKey::parse(kPublicVerifier).value();
  const auto signers = verify(kPublicNote, {key});
  ASSERT_TRUE(signers) << why(signers);
  EXPECT_THAT(*signers, ElementsAre(key));
}

TEST(Note, IsSignedAsByGosExample) {
  const std::string_view text = kPublicNote.substr(0, kPublicNote.find("\n\n") + 1);
  EXPECT_EQ(sign(text, {SignerKey::parse(kPublicSecret).value()}), kPublicNote);
}

TEST(Note, TextEndsAtTheLastBlankLine) {
  const std::string signed_note = sign("a\n\nb\n\n\nc\n", {make_key("k", 1)});
  EXPECT_EQ(parse_note(signed_note)->text, "a\n\nb\n\n\nc\n");
}

TEST(Note, WithAnotherTextIsRefused) {
  std::string note(kPublicNote);
  note[0] = 'i';
  EXPECT_THAT(why(verify(note, {VerifierKey::parse(kPublicVerifier).value()})),
              HasSubstr("does not hold"));
}

TEST(Note, WithAFlippedBitInItsSignatureIsRefused) {
  const SignerKey key = make_key("k", 1);
  const Note note = parse_note(sign("text\n", {key})).value();
  const std::vector keys{key.verifier()};
  for (std::size_t i = 0; i < note.signatures[0].bytes.size(); ++i) {
    Note damaged = note;
    damaged.signatures[0].bytes[i] ^= 4;
    EXPECT_FALSE(verify_note(damaged, keys)) << i;
  }
}

TEST(Note, WithASignatureOfAnotherLengthIsRefused) {
  const SignerKey key = make_key("k", 1);
  Note note = parse_note(sign("text\n", {key})).value();
  note.signatures[0].bytes += 'x';
  EXPECT_THAT(why(verify_note(note, std::vector{key.verifier()})), HasSubstr("does not hold"));
}

TEST(Note, IsRefusedIfNoGivenKeySigned) {
  const std::string note = sign("text\n", {make_key("k", 1)});
  EXPECT_THAT(why(verify(note, {make_key("other", 2).verifier()})), HasSubstr("none of the given"));
  EXPECT_THAT(why(verify(note, {make_key("k", 2).verifier()})), HasSubstr("none of the given"));
  EXPECT_THAT(why(verify(note, {})), HasSubstr("none of the given"));
}

// Rotation: for a while the old and the new key sign side by side.
TEST(Note, ByTwoKeysSatisfiesWhoKnowsEitherOrBoth) {
  const SignerKey before = make_key("log", 1);
  const SignerKey after = make_key("log", 2);
  const std::string note = sign("text\n", {before, after});
  for (const auto& known : {std::vector{before.verifier()}, std::vector{after.verifier()},
                            std::vector{before.verifier(), after.verifier()}}) {
    const auto signers = verify(note, known);
    ASSERT_TRUE(signers) << why(signers);
    EXPECT_EQ(*signers, known);
  }
}

TEST(Note, WithOneGoodAndOneBadSignatureOfKnownKeysIsRefused) {
  const SignerKey good = make_key("good", 1);
  const SignerKey bad = make_key("bad", 2);
  std::string note = sign("text\n", {good});
  const std::string other = sign("other\n", {bad});
  note += other.substr(other.find("\n\n") + 2);
  EXPECT_TRUE(verify(note, {good.verifier()}));
  EXPECT_THAT(why(verify(note, {good.verifier(), bad.verifier()})), HasSubstr("does not hold"));
}

TEST(Note, NamesASignerOnce) {
  const SignerKey key = make_key("k", 1);
  EXPECT_EQ(verify(sign("text\n", {key, key}), {key.verifier()})->size(), 1U);
}

TEST(Note, MayCarrySignaturesOfUnknownTypes) {
  const SignerKey key = make_key("k", 1);
  const std::string witness =
      "\xE2\x80\x94 witness.example " + to_base64("abcd" + std::string(2420, 's')) + "\n";
  EXPECT_TRUE(verify(sign("text\n", {key}) + witness, {key.verifier()}));
}

TEST(Note, IsRefusedWithTheReason) {
  const std::string good(kPublicNote);
  const std::string signature = good.substr(good.find("\n\n") + 2);
  const std::string dash = "\xE2\x80\x94";
  for (const auto& [bytes, reason] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "no blank line"},
           {"text\n", "no blank line"},
           {"text\n" + signature, "no blank line"},
           {"text\n\n", "no signature"},
           {"text\n\n" + signature + "\n", "no signature"},
           {"text\n\n" + signature.substr(0, signature.size() - 1), "end with a newline"},
           {"text\n\nsignature\n", "is no signature"},
           {"text\n\n- k AAAAAAAA\n", "is no signature"},
           {"text\n\n" + dash + "k AAAAAAAA\n", "is no signature"},
           {"text\n\n" + dash + " k\n", "is no signature"},
           {"text\n\n" + dash + " AAAAAAAA\n", "is no signature"},
           {"text\n\n" + dash + " k+k AAAAAAAA\n", "is no signature"},
           {"text\n\n" + dash + " k  AAAAAAAA\n", "is no signature"},
           {"text\n\n" + dash + " k AAAAAAA\n", "is no signature"},
           {"text\n\n" + dash + " k AAAAAA==\n", "is no signature"},  // an id and nothing more
           {"text\n\n" + dash + " k AAAAAAAA \n", "is no signature"},
           {"te\txt\n\n" + signature, "control character"},
           {"text\r\n\n" + signature, "control character"},
           {std::string("te\0xt\n\n", 7) + signature, "control character"},
           {"te\xFFxt\n\n" + signature, "not UTF-8"}}) {
    EXPECT_THAT(why(parse_note(bytes)), HasSubstr(reason)) << bytes;
  }
}

TEST(Note, MayHaveAHundredSignaturesAndNoMore) {
  const std::string line = "\xE2\x80\x94 k AAAAAAAA\n";
  std::string note = "text\n\n";
  for (int i = 0; i < 100; ++i) note += line;
  EXPECT_EQ(parse_note(note)->signatures.size(), 100U);
  EXPECT_EQ(parse_note(note + line).error().code, Code::too_large);
}

TEST(Note, MayHaveAMebibyteAndNoMore) {
  const std::string end = "\n\n\xE2\x80\x94 k AAAAAAAA\n";
  const std::string longest = std::string(kMaxNoteBytes - end.size(), 't') + end;
  EXPECT_TRUE(parse_note(longest));
  EXPECT_EQ(parse_note('t' + longest).error().code, Code::too_large);
}

}  // namespace
}  // namespace vcp::log
