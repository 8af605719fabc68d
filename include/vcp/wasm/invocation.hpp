// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vcp::wasm {

/// What a call may use. All are armed before the module's first instruction.
struct CallLimits {
  std::uint64_t gas = 10'000'000'000;  ///< at most 2^62
  std::uint64_t memory_bytes = std::uint64_t{256} << 20;
  std::size_t output_bytes = std::size_t{1} << 20;  ///< exactly this many is fine
  std::size_t log_bytes = std::size_t{64} << 10;    ///< standard error beyond it is cut
  std::chrono::milliseconds time{60'000};           ///< on the wall clock
};

/// One call of a module. Views must outlive the call.
struct Invocation {
  std::string_view function = {};      ///< empty: the ABI's own
  std::string_view args = {};          ///< of a scalar call: JSON text of an array
  std::vector<std::string> argv = {};  ///< of a command, after its own name
  std::vector<std::pair<std::string, std::string>> env = {};  ///< of a command
  std::string_view input = {};             ///< standard input, or the bytes for `run`
  std::array<std::uint8_t, 32> seed = {};  ///< all the randomness that the program gets
  CallLimits limits = {};
  std::stop_token stop = {};  ///< cancels the call, within about a tenth of a second
};

/// How a call ended.
enum class Status : std::uint8_t {
  ok,
  exit_code,  ///< a command exited with another code than 0
  trap,
  stack_overflow,  ///< where it happens depends on the machine code
  timeout,
  out_of_gas,
  out_of_memory,  ///< the program failed after it was refused memory beyond its limit
  output_too_large,
  module_invalid,
  host_failure,  ///< this machine's fault, not the program's
  cancelled,
};

/// The name that clients see, such as "out_of_gas".
[[nodiscard]] std::string_view to_string(Status status);

struct Outcome {
  Status status = Status::ok;
  std::string detail;  ///< a sentence, empty if all went well
  std::string output;  ///< empty unless the status is `ok` or `exit_code`
  std::string log;     ///< standard error
  bool log_truncated = false;
  std::int32_t exit_code = 0;
  std::uint64_t gas_used = 0;  ///< never above the limit
  std::chrono::microseconds execution_time{0};
};

}  // namespace vcp::wasm
