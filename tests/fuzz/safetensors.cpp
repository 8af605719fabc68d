// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as a safetensors file, in portions that the first byte chooses, and checks that
// the portions do not matter and that what is accepted is written and read back the same.
#include "vcp/fl/safetensors.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vcp/fl/incoming.hpp"

namespace {

using namespace vcp;

Result<fl::Layout> feed(std::string_view bytes, std::size_t portion) {
  fl::IncomingModel incoming;
  for (std::size_t i = 0; i < bytes.size(); i += portion) {
    if (auto taken = incoming.append(bytes.substr(i, portion)); !taken) {
      return std::unexpected(taken.error());
    }
  }
  return incoming.finish();
}

void check(const fl::Layout& layout, std::size_t size) {
  assert(layout.file_bytes() == size);
  std::uint64_t end = 0;
  for (const fl::Tensor& tensor : layout.tensors) {
    assert(tensor.begin == end);
    end = tensor.end;
  }
  assert(end == layout.data_bytes());

  const fl::Layout ours = fl::make_layout(layout.tensors, layout.metadata);
  const std::string header = fl::write_header(ours);
  assert(header.size() == ours.data_begin() && header.size() % 8 == 0);
  const fl::Layout again =
      fl::parse_header(std::string_view(header).substr(fl::kLengthBytes)).value();
  assert(again.tensors == ours.tensors && again.metadata == ours.metadata);
  assert(fl::check_same_tensors(layout, again));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Result<fl::Layout> whole = feed(bytes, size);
  const Result<fl::Layout> portions = feed(bytes, 1 + data[0] % 32);
  assert(whole.has_value() == portions.has_value());
  if (whole) check(*whole, bytes.size());
  return 0;
}
