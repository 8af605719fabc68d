// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "state.hpp"

namespace vcp::api {

/// A module whose bytes are on disk, checked, and not yet recorded.
struct StoredModule {
  coordinator::Module record;
  coordinator::Contents::Pin pin;
  ModuleInfos::Ptr info;
};

/// Checks a binary and stores its bytes; `invalid` if it cannot run here, with why.
[[nodiscard]] Async<Result<StoredModule>> store_module(State& api, std::string owner,
                                                       std::string binary);

/// What a module that is on disk exports and imports.
[[nodiscard]] Async<Result<ModuleInfos::Ptr>> module_info(State& api, Digest module);

/// The members `abi`, `exports` and `imports` of a module, as JSON without the braces.
[[nodiscard]] std::string describe(const wasm::ModuleInfo& info);

}  // namespace vcp::api
