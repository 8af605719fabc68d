// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/safetensors.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "vcp/base/json.hpp"

namespace vcp::fl {
namespace {

constexpr std::string_view kMetadata = "__metadata__";
constexpr std::array kDtypes = {Dtype::f16, Dtype::bf16, Dtype::f32, Dtype::f64};

std::unexpected<Error> fail_header(std::string_view what) {
  return fail(Code::invalid, "not a safetensors header: " + std::string(what));
}

std::unexpected<Error> fail_tensor(std::string_view name, std::string_view what) {
  return fail(Code::invalid, "tensor " + json::quote(name) + " " + std::string(what));
}

std::optional<Dtype> parse_dtype(std::string_view name) {
  const auto found = std::ranges::find(kDtypes, name, [](Dtype dtype) { return to_string(dtype); });
  return found == kDtypes.end() ? std::nullopt : std::optional(*found);
}

/// Digits only: JSON would also let 1.0 and 1e2 pass for integers.
std::optional<std::uint64_t> parse_count(json::Value value) {
  const bool digits =
      std::ranges::all_of(value.source(), [](char c) { return c >= '0' && c <= '9'; });
  return digits ? value.as_uint64() : std::nullopt;
}

std::optional<std::vector<std::uint64_t>> parse_counts(std::optional<json::Value> array) {
  if (!array || !array->is(json::Kind::array)) return std::nullopt;
  std::vector<std::uint64_t> counts;
  for (const json::Item item : *array) {
    const auto count = parse_count(item.value);
    if (!count) return std::nullopt;
    counts.push_back(*count);
  }
  return counts;
}

/// The bytes of a tensor of that shape; nothing if they do not fit into 64 bits.
std::optional<std::uint64_t> byte_size(const std::vector<std::uint64_t>& shape, Dtype dtype) {
  std::uint64_t bytes = size_of(dtype);
  for (const std::uint64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

Result<Tensor> parse_tensor(std::string_view name, json::Value entry) {
  if (entry.size() != 3) return fail_tensor(name, "needs dtype, shape and data_offsets only");
  const auto dtype = entry.find("dtype");
  const auto shape = parse_counts(entry.find("shape"));
  const auto offsets = parse_counts(entry.find("data_offsets"));
  if (!dtype || !dtype->is(json::Kind::string)) return fail_tensor(name, "needs a dtype");
  if (!shape) return fail_tensor(name, "needs a shape of natural numbers");
  if (!offsets || offsets->size() != 2) return fail_tensor(name, "needs two data_offsets");

  const auto known = parse_dtype(dtype->as_string().value_or(""));
  if (!known) return fail_tensor(name, "has a dtype other than F16, BF16, F32 and F64");
  Tensor tensor{.name = std::string(name),
                .dtype = *known,
                .shape = *shape,
                .begin = offsets->front(),
                .end = offsets->back()};
  const auto bytes = byte_size(tensor.shape, tensor.dtype);
  if (!bytes) return fail_tensor(name, "is larger than any file");
  if (tensor.begin > tensor.end || tensor.end - tensor.begin != *bytes) {
    return fail_tensor(name, "has data_offsets that do not fit its shape and dtype");
  }
  return tensor;
}

Result<std::map<std::string, std::string>> parse_metadata(json::Value object) {
  if (!object.is(json::Kind::object)) return fail_header("__metadata__ is not an object");
  std::map<std::string, std::string> metadata;
  for (const json::Item item : object) {
    auto text = item.value.as_string();
    if (!text) return fail_header("__metadata__ maps to something other than strings");
    metadata.emplace(item.name, std::move(*text));
  }
  return metadata;
}

Result<> check_tiling(const std::vector<Tensor>& tensors) {
  std::uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.begin != end) return fail_tensor(tensor.name, "leaves a gap or overlaps another");
    end = tensor.end;
  }
  if (end > std::numeric_limits<std::int64_t>::max() - kLengthBytes - kMaxHeaderBytes) {
    return fail_header("the data is larger than any file");
  }
  return {};
}

void write_tensor(json::Writer& out, const Tensor& tensor) {
  out.key(tensor.name).begin_object();
  out.member("dtype", to_string(tensor.dtype));
  out.key("shape").begin_array();
  for (const std::uint64_t extent : tensor.shape) out.number(extent);
  out.end_array();
  out.key("data_offsets").begin_array().number(tensor.begin).number(tensor.end).end_array();
  out.end_object();
}

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    bytes.push_back(static_cast<char>(value >> (8 * i) & 0xff));
  }
  return bytes;
}

std::string header_json(const Layout& layout) {
  std::string json;
  json::Writer out(json);
  out.begin_object();
  if (!layout.metadata.empty()) {
    out.key(kMetadata).begin_object();
    for (const auto& [key, text] : layout.metadata) out.member(key, text);
    out.end_object();
  }
  for (const Tensor& tensor : layout.tensors) write_tensor(out, tensor);
  out.end_object();
  json.append((kLengthBytes - json.size() % kLengthBytes) % kLengthBytes, ' ');
  return json;
}

std::vector<const Tensor*> by_name(const Layout& layout) {
  std::vector<const Tensor*> tensors;
  for (const Tensor& tensor : layout.tensors) tensors.push_back(&tensor);
  std::ranges::sort(tensors, {}, &Tensor::name);
  return tensors;
}

}  // namespace

std::size_t size_of(Dtype dtype) {
  constexpr std::array<std::size_t, kDtypes.size()> kSizes = {2, 2, 4, 8};
  return kSizes[std::to_underlying(dtype)];
}

std::string_view to_string(Dtype dtype) {
  constexpr std::array<std::string_view, kDtypes.size()> kNames = {"F16", "BF16", "F32", "F64"};
  return kNames[std::to_underlying(dtype)];
}

std::uint64_t Layout::data_bytes() const { return tensors.empty() ? 0 : tensors.back().end; }

std::uint64_t Layout::parameters() const {
  std::uint64_t count = 0;
  for (const Tensor& tensor : tensors) count += tensor.elements();
  return count;
}

Result<std::uint64_t> parse_header_length(std::string_view bytes) {
  if (bytes.size() < kLengthBytes) return fail_header("the file is shorter than eight bytes");
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kLengthBytes; ++i) {
    length |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  if (length > kMaxHeaderBytes) {
    return fail(Code::too_large,
                "the safetensors header is over " + std::to_string(kMaxHeaderBytes) + " bytes");
  }
  return length;
}

Result<Layout> parse_header(std::string_view json) {
  if (json.size() > kMaxHeaderBytes) return fail_header("it is too long");
  if (!json.starts_with('{')) return fail_header("it does not begin with an opening brace");
  json::Document document;
  const Result<json::Value> header = document.parse(json);
  if (!header) return fail_header(header.error().message);

  Layout layout;
  layout.header_bytes = json.size();
  for (const json::Item item : *header) {
    if (item.name == kMetadata) {
      auto metadata = parse_metadata(item.value);
      if (!metadata) return std::unexpected(std::move(metadata.error()));
      layout.metadata = std::move(*metadata);
      continue;
    }
    Result<Tensor> tensor = parse_tensor(item.name, item.value);
    if (!tensor) return std::unexpected(std::move(tensor.error()));
    layout.tensors.push_back(std::move(*tensor));
  }
  std::ranges::sort(layout.tensors, {}, [](const Tensor& tensor) {
    return std::tie(tensor.begin, tensor.end, tensor.name);  // empty ones before what starts there
  });
  if (auto tiled = check_tiling(layout.tensors); !tiled) return std::unexpected(tiled.error());
  return layout;
}

Layout make_layout(std::vector<Tensor> tensors, std::map<std::string, std::string> metadata) {
  std::ranges::sort(tensors, [](const Tensor& a, const Tensor& b) {
    return a.dtype != b.dtype ? a.dtype > b.dtype : a.name < b.name;
  });
  std::uint64_t offset = 0;
  for (Tensor& tensor : tensors) {
    tensor.begin = offset;
    offset += byte_size(tensor.shape, tensor.dtype).value();
    tensor.end = offset;
  }
  Layout layout{.tensors = std::move(tensors), .metadata = std::move(metadata)};
  layout.header_bytes = header_json(layout).size();
  return layout;
}

std::string write_header(const Layout& layout) {
  const std::string json = header_json(layout);
  return little_endian(json.size()) + json;
}

Result<> check_same_tensors(const Layout& expected, const Layout& given) {
  const std::vector<const Tensor*> ours = by_name(expected);
  const std::vector<const Tensor*> theirs = by_name(given);
  for (std::size_t i = 0; i < std::max(ours.size(), theirs.size()); ++i) {
    if (i == theirs.size()) return fail_tensor(ours[i]->name, "is missing");
    if (i == ours.size()) return fail_tensor(theirs[i]->name, "is not in the model");
    const Tensor& mine = *ours[i];
    const Tensor& other = *theirs[i];
    if (mine.name < other.name) return fail_tensor(mine.name, "is missing");
    if (mine.name > other.name) return fail_tensor(other.name, "is not in the model");
    if (mine.dtype != other.dtype) {
      return fail_tensor(mine.name, "should have the dtype " + std::string(to_string(mine.dtype)));
    }
    if (mine.shape != other.shape) return fail_tensor(mine.name, "has another shape in the model");
  }
  return {};
}

}  // namespace vcp::fl
