// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/safetensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vcp::fl {
namespace {

using testing::HasSubstr;

std::string refusal(std::string_view json) {
  const Result<Layout> layout = parse_header(json);
  return layout ? "accepted" : layout.error().message;
}

TEST(SafetensorsHeader, IsReadWithoutPadding) {
  const Layout layout =
      parse_header(R"({"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}})").value();
  ASSERT_EQ(layout.tensors.size(), 1);
  EXPECT_EQ(layout.tensors[0], (Tensor{"a", Dtype::f32, {2, 3}, 0, 24}));
  EXPECT_EQ(layout.data_bytes(), 24);
  EXPECT_EQ(layout.parameters(), 6);
  EXPECT_EQ(layout.file_bytes(), kLengthBytes + layout.header_bytes + 24);
}

TEST(SafetensorsHeader, KeepsMetadata) {
  const Layout layout = parse_header(R"({"__metadata__":{"num_samples":"12"}}   )").value();
  EXPECT_EQ(layout.metadata.at("num_samples"), "12");
  EXPECT_TRUE(layout.tensors.empty());
}

TEST(SafetensorsHeader, PutsTensorsInTheOrderOfTheirData) {
  const Layout layout = parse_header(R"({"a":{"dtype":"F16","shape":[1],"data_offsets":[8,10]},)"
                                     R"("b":{"dtype":"F64","shape":[],"data_offsets":[0,8]},)"
                                     R"("c":{"dtype":"BF16","shape":[0],"data_offsets":[8,8]}})")
                            .value();
  EXPECT_EQ(layout.tensors[0].name, "b");
  EXPECT_EQ(layout.tensors[1].name, "c");
  EXPECT_EQ(layout.tensors[2].name, "a");
}

TEST(SafetensorsHeader, RefusesAGap) {
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
              HasSubstr("\"a\" leaves a gap or overlaps"));
}

TEST(SafetensorsHeader, RefusesAnOverlap) {
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                      R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
              HasSubstr("overlaps"));
}

TEST(SafetensorsHeader, RefusesASizeThatDoesNotFitTheShape) {
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
              HasSubstr("do not fit its shape"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[8,4]}})"),
              HasSubstr("do not fit its shape"));
}

TEST(SafetensorsHeader, RefusesAProductThatOverflows) {
  EXPECT_THAT(
      refusal(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
      HasSubstr("larger than any file"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[4611686018427387904],)"
                      R"("data_offsets":[0,0]}})"),
              HasSubstr("larger than any file"));
  EXPECT_THAT(refusal(R"({"a":{"dtype":"F32","shape":[4611686018427387903],)"
                      R"("data_offsets":[0,18446744073709551612]}})"),
              HasSubstr("larger than any file"));
}

TEST(SafetensorsHeader, RefusesOtherTypes) {
  for (const char* dtype : {"I64", "f32", "F8_E4M3", "", "\\u0046\\u0033\\u0033"}) {
    EXPECT_THAT(refusal(std::string(R"({"a":{"dtype":")") + dtype +
                        R"(","shape":[],"data_offsets":[0,4]}})"),
                HasSubstr("dtype"));
  }
}

TEST(SafetensorsHeader, RefusesARepeatedName) {
  const std::string entry = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  EXPECT_NE(refusal("{" + entry + "," + entry + "}"), "accepted");
}

TEST(SafetensorsHeader, RefusesNumbersThatAreNotCounts) {
  for (const char* shape : {"[1.0]", "[-1]", "[1e0]", "[\"1\"]", "[18446744073709551616]", "1"}) {
    EXPECT_THAT(refusal(std::string(R"({"a":{"dtype":"F32","shape":)") + shape +
                        R"(,"data_offsets":[0,4]}})"),
                HasSubstr("shape"));
  }
  for (const char* offsets : {"[0]", "[0,4,8]", "[0,4.0]", "{}", "null"}) {
    EXPECT_THAT(
        refusal(std::string(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)") + offsets + "}}"),
        HasSubstr("data_offsets"));
  }
}

TEST(SafetensorsHeader, RefusesMissingAndUnknownMembers) {
  EXPECT_NE(refusal(R"({"a":{"dtype":"F32","shape":[1]}})"), "accepted");
  EXPECT_NE(refusal(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":1}})"), "accepted");
  EXPECT_NE(refusal(R"({"a":{"dtype":"F32","shape":[1],"offsets":[0,4]}})"), "accepted");
  EXPECT_NE(refusal(R"({"a":[]})"), "accepted");
}

TEST(SafetensorsHeader, RefusesMetadataThatIsNotStrings) {
  EXPECT_NE(refusal(R"({"__metadata__":{"a":1}})"), "accepted");
  EXPECT_NE(refusal(R"({"__metadata__":[]})"), "accepted");
}

TEST(SafetensorsHeader, RefusesWhatDoesNotBeginWithABrace) {
  for (const char* json : {"", " {}", "[]", "\xEF\xBB\xBF{}", "{", "{}\x01", "{}{}"}) {
    EXPECT_NE(refusal(json), "accepted") << json;
  }
}

TEST(SafetensorsLength, IsLittleEndian) {
  EXPECT_EQ(parse_header_length(std::string_view("\x02\x01\0\0\0\0\0\0", 8)).value(), 258);
}

TEST(SafetensorsLength, RefusesMoreThanAMebibyte) {
  EXPECT_EQ(parse_header_length(std::string_view("\0\0\x10\0\0\0\0\0", 8)).value(), 1 << 20);
  const auto refused = parse_header_length(std::string_view("\x01\0\x10\0\0\0\0\0", 8));
  EXPECT_EQ(refused.error().code, Code::too_large);
  EXPECT_FALSE(parse_header_length(std::string_view("\0\0\0\0\0\0\0\x80", 8)));
}

TEST(SafetensorsLength, RefusesAShortFile) { EXPECT_FALSE(parse_header_length("1234567")); }

// The two tensors of the reference implementation's own test of its writer (safetensors 0.4, Rust):
// one header fills eight bytes by itself, the other needs a space.
TEST(SafetensorsWriter, WritesWhatTheReferenceDoes) {
  const std::string length("\x40\0\0\0\0\0\0\0", 8);
  EXPECT_EQ(write_header(make_layout({{.name = "attn.0", .shape = {1, 2, 3}}}, {})),
            length + R"({"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}})");
  EXPECT_EQ(write_header(make_layout({{.name = "attn0", .shape = {1, 2, 3}}}, {})),
            length + R"({"attn0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}} )");
}

TEST(SafetensorsWriter, PadsToEightBytes) {
  for (std::size_t length = 0; length < 16; ++length) {
    const Layout layout = make_layout({{.name = std::string(length, 'x'), .shape = {1}}}, {});
    EXPECT_EQ(write_header(layout).size() % 8, 0);
    EXPECT_EQ(write_header(layout).size(), layout.data_begin());
  }
}

TEST(SafetensorsWriter, SortsWiderTypesFirstThenByName) {
  const Layout layout = make_layout({{.name = "z", .dtype = Dtype::f16, .shape = {1}},
                                     {.name = "b", .dtype = Dtype::f32, .shape = {1}},
                                     {.name = "a", .dtype = Dtype::f32, .shape = {1}},
                                     {.name = "y", .dtype = Dtype::bf16, .shape = {1}},
                                     {.name = "c", .dtype = Dtype::f64, .shape = {1}}},
                                    {});
  std::string order;
  for (const Tensor& tensor : layout.tensors) order += tensor.name;
  EXPECT_EQ(order, "cabyz");
}

TEST(SafetensorsWriter, IsReadBack) {
  const Layout layout = make_layout({{.name = "\"é\\\n", .dtype = Dtype::bf16, .shape = {3, 0}},
                                     {.name = "", .dtype = Dtype::f64, .shape = {}}},
                                    {{"format", "np"}});
  const std::string header = write_header(layout);
  const Layout back = parse_header(std::string_view(header).substr(kLengthBytes)).value();
  EXPECT_EQ(back.tensors, layout.tensors);
  EXPECT_EQ(back.metadata, layout.metadata);
  EXPECT_EQ(back.header_bytes, layout.header_bytes);
}

std::string difference(std::vector<Tensor> expected, std::vector<Tensor> given) {
  const auto same =
      check_same_tensors(make_layout(std::move(expected), {}), make_layout(std::move(given), {}));
  return same ? "same" : same.error().message;
}

TEST(SameTensors, NamesWhatDiffers) {
  const Tensor a{.name = "a", .shape = {2}};
  const Tensor b{.name = "b", .shape = {2}};
  EXPECT_EQ(difference({a, b}, {b, a}), "same");
  EXPECT_EQ(difference({a, b}, {a}), "tensor \"b\" is missing");
  EXPECT_EQ(difference({a, b}, {b}), "tensor \"a\" is missing");
  EXPECT_EQ(difference({b}, {a, b}), "tensor \"a\" is not in the model");
  EXPECT_EQ(difference({a}, {{.name = "a", .shape = {1, 2}}}),
            "tensor \"a\" has another shape in the model");
  EXPECT_EQ(difference({a}, {{.name = "a", .dtype = Dtype::f64, .shape = {2}}}),
            "tensor \"a\" should have the dtype F32");
}

}  // namespace
}  // namespace vcp::fl
