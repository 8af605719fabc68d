// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "vcp/wasm/engine.hpp"

namespace vcp::wasm {

/// What the host does when the module calls one of its imports, of i32 parameters and no result.
struct HostFunction {
  Import import;
  std::function<void(std::span<const std::int32_t> arguments)> run;
};

/// An instance of a module of Abi::hosted whose functions are called one by one, all under one set
/// of limits. Once it has ended, by a trap, a limit or `stop`, every call is refused. One thread at
/// a time; it needs 1 MiB of stack.
class Session {
 public:
  /// `functions` are those that the module was inspected with. What fails is told by `finish`.
  Session(const CompiledModule& module, const CallLimits& limits, std::stop_token stop,
          std::vector<HostFunction> functions);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Calls an exported function of i32 parameters and at most one i32 result: that, or 0; nothing
  /// if the session has ended. From a host function, too.
  std::optional<std::int32_t> call(std::string_view function,
                                   std::initializer_list<std::int32_t> arguments = {});

  /// Copies into the module's memory and out of it; false, and ended, if those bytes are not there.
  bool write(std::uint32_t pointer, std::string_view bytes);
  bool read(std::uint32_t pointer, std::span<char> bytes);

  /// Ends the session as a trap of the module with this reason.
  void stop(std::string reason);

  /// How it went so far: `ok` while it can go on. Nothing may be called after.
  [[nodiscard]] Outcome finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vcp::wasm
