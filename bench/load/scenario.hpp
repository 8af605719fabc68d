// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "recorder.hpp"
#include "target.hpp"
#include "vcp/base/result.hpp"

namespace vcp::load {

/// How much of a scenario, and of what; what is not said is the scenario's own.
struct Volume {
  std::optional<std::uint64_t> count = {};
  std::optional<double> seconds = {};
  std::optional<double> rate = {};  ///< a second: an open loop
  std::optional<std::size_t> connections = {};
  std::string target = {};  ///< of `post`: the path
  std::string body = {};    ///< of `post`: JSON
};

/// A kind of load. Each makes what it needs of the server, and leaves there what it made.
struct Scenario {
  std::string_view name;
  std::string_view help;
  /// One recorder a kind of request. Errors are of the preparations; what fails under load is in
  /// the recorders.
  Result<std::vector<Recorder>> (*run)(Target& target, const Volume& volume);
};

[[nodiscard]] std::span<const Scenario> scenarios();

}  // namespace vcp::load
