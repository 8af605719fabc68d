// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vcp/base/result.hpp"
#include "vcp/fl/safetensors.hpp"

namespace vcp::fl {

/// Checks a model or an update while its bytes arrive, so that nothing has to hold all of it: the
/// header as parse_header() does, then that every value is finite, then the length. Keeps the
/// header and at most seven bytes of data. The first refusal is final. One thread at a time.
class IncomingModel {
 public:
  /// A first global model: any tensors, at least one parameter.
  IncomingModel() = default;

  /// An update: the tensors of `expected`, in any order.
  explicit IncomingModel(Layout expected) : expected_(std::move(expected)) {}

  /// The next bytes, in portions of any size.
  [[nodiscard]] Result<> append(std::string_view bytes);

  /// To be called after the last byte: `invalid` if some are missing.
  [[nodiscard]] Result<Layout> finish();

 private:
  [[nodiscard]] Result<> take_header(std::string_view& bytes);
  [[nodiscard]] Result<> accept(std::string_view json);
  [[nodiscard]] Result<> take_data(std::string_view& bytes);
  [[nodiscard]] Result<> check_finite(const Tensor& tensor, std::string_view bytes);

  std::optional<Layout> expected_;
  std::optional<Layout> layout_;
  std::string pending_;         // of the header, or of a value that is cut by the end of a portion
  std::uint64_t position_ = 0;  // bytes of data that have been checked
  std::size_t tensor_ = 0;      // the one that holds `position_`
};

}  // namespace vcp::fl
