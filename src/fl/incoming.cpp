// SPDX-License-Identifier: Apache-2.0
#include "vcp/fl/incoming.hpp"

#include <algorithm>
#include <utility>

#include "kernels.hpp"
#include "vcp/base/json.hpp"

namespace vcp::fl {
namespace {

/// Moves bytes from the front of `bytes` to `pending` until that has `size`; whether it has.
bool fill(std::string& pending, std::string_view& bytes, std::size_t size) {
  const std::size_t count = std::min(bytes.size(), size - std::min(size, pending.size()));
  pending.append(bytes.substr(0, count));
  bytes.remove_prefix(count);
  return pending.size() >= size;
}

}  // namespace

Result<> IncomingModel::append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (auto taken = layout_ ? take_data(bytes) : take_header(bytes); !taken) return taken;
  }
  return {};
}

Result<> IncomingModel::take_header(std::string_view& bytes) {
  if (!fill(pending_, bytes, kLengthBytes)) return {};
  const Result<std::uint64_t> length = parse_header_length(pending_);
  if (!length) return std::unexpected(length.error());
  if (!fill(pending_, bytes, kLengthBytes + *length)) return {};
  const std::string header = std::exchange(pending_, {});
  return accept(std::string_view(header).substr(kLengthBytes));
}

Result<> IncomingModel::accept(std::string_view json) {
  Result<Layout> layout = parse_header(json);
  if (!layout) return std::unexpected(std::move(layout.error()));
  if (expected_) {
    if (auto same = check_same_tensors(*expected_, *layout); !same) return same;
  } else if (layout->parameters() == 0) {
    return fail(Code::invalid, "the model has no parameters");
  }
  layout_ = std::move(*layout);
  return {};
}

Result<> IncomingModel::take_data(std::string_view& bytes) {
  const std::vector<Tensor>& tensors = layout_->tensors;
  while (tensor_ < tensors.size() && tensors[tensor_].end == position_) ++tensor_;
  if (tensor_ == tensors.size())
    return fail(Code::invalid, "there are bytes after the last tensor");
  const Tensor& tensor = tensors[tensor_];
  const std::size_t width = size_of(tensor.dtype);

  if (!pending_.empty() || bytes.size() < width) {
    if (!fill(pending_, bytes, width)) return {};
    return check_finite(tensor, std::exchange(pending_, {}));
  }
  const std::uint64_t left = tensor.end - position_;
  const std::string_view whole =
      bytes.substr(0, std::min<std::uint64_t>(left, bytes.size() / width * width));
  bytes.remove_prefix(whole.size());
  return check_finite(tensor, whole);
}

Result<> IncomingModel::check_finite(const Tensor& tensor, std::string_view bytes) {
  const std::size_t width = size_of(tensor.dtype);
  const std::size_t count = bytes.size() / width;
  const std::size_t good = count_finite(tensor.dtype, bytes.data(), count);
  if (good < count) {
    const std::uint64_t element = (position_ - tensor.begin) / width + good;
    return fail(Code::invalid, "tensor " + json::quote(tensor.name) +
                                   " has a NaN or an infinity at element " +
                                   std::to_string(element));
  }
  position_ += bytes.size();
  return {};
}

Result<Layout> IncomingModel::finish() {
  if (!layout_) return fail(Code::invalid, "the safetensors header is cut off");
  if (position_ != layout_->data_bytes()) return fail(Code::invalid, "the data is cut off");
  return std::move(*layout_);
}

}  // namespace vcp::fl
