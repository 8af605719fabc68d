// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"

/// The safetensors file format: a 64-bit little-endian length, that many bytes of JSON, the data.
/// https://github.com/huggingface/safetensors#format
namespace vcp::fl {

/// The longest header that is read (the format itself allows 100,000,000 bytes).
inline constexpr std::uint64_t kMaxHeaderBytes = 1 << 20;

/// Bytes of the header's length, which begin every file.
inline constexpr std::size_t kLengthBytes = 8;

/// The types that models may have, in the order of the format's own list.
enum class Dtype : std::uint8_t { f16, bf16, f32, f64 };

[[nodiscard]] std::size_t size_of(Dtype dtype);         ///< bytes of an element
[[nodiscard]] std::string_view to_string(Dtype dtype);  ///< as the format names it: "BF16"

/// One tensor: its data are the bytes [begin, end) of the file's data, row-major, little-endian.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::f32;
  std::vector<std::uint64_t> shape = {};  ///< empty for a scalar
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  [[nodiscard]] std::uint64_t elements() const { return (end - begin) / size_of(dtype); }

  friend bool operator==(const Tensor&, const Tensor&) = default;
};

/// What a header says.
struct Layout {
  std::vector<Tensor> tensors;                  ///< in the order of their data
  std::map<std::string, std::string> metadata;  ///< the member `__metadata__`
  std::uint64_t header_bytes = 0;               ///< of the JSON, padding included

  [[nodiscard]] std::uint64_t data_begin() const { return kLengthBytes + header_bytes; }
  [[nodiscard]] std::uint64_t data_bytes() const;
  [[nodiscard]] std::uint64_t file_bytes() const { return data_begin() + data_bytes(); }
  [[nodiscard]] std::uint64_t parameters() const;  ///< elements of all tensors
};

/// Reads the length of the header from the first eight bytes; `too_large` over kMaxHeaderBytes.
[[nodiscard]] Result<std::uint64_t> parse_header_length(std::string_view bytes);

/// Reads the JSON of a header. Refuses offsets that do not tile the data without gap or overlap, a
/// size that is not the product of shape and type, other types than ours, a repeated key, members
/// that the format does not know. What is wrong with a tensor is said with its name.
[[nodiscard]] Result<Layout> parse_header(std::string_view json);

/// Orders the tensors as the format's own writer does (wider types first, then by name) and gives
/// them their offsets from their shapes, which must fit into 64 bits.
[[nodiscard]] Layout make_layout(std::vector<Tensor> tensors,
                                 std::map<std::string, std::string> metadata);

/// All that stands before the data: the length and the JSON, padded with spaces to a multiple of 8.
[[nodiscard]] std::string write_header(const Layout& layout);

/// `invalid`, naming the tensor, unless both have the same names, shapes and types, in any order.
[[nodiscard]] Result<> check_same_tensors(const Layout& expected, const Layout& given);

}  // namespace vcp::fl
