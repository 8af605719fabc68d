// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "vcp/base/result.hpp"
#include "vcp/zk/field.hpp"

namespace vcp::circom {

/// An input signal and its values, those of an array in the order of their indices.
struct InputSignal {
  std::string name;     ///< as circom has it: that of a bus's member is "bus.member"
  std::string pointer;  ///< where it stands in the JSON
  std::vector<zk::Fr> values;
};

/// Reads an object of signals as snarkjs and circom's own runner do: a value is a decimal or 0x
/// string, an integer or a boolean, reduced modulo r, negative or not; arrays are flattened; an
/// object is a bus. Integers beyond ±2^53 must be strings: JavaScript would round them.
[[nodiscard]] Result<std::vector<InputSignal>> read_inputs(std::string_view json);

}  // namespace vcp::circom
