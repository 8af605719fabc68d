// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "state.hpp"
#include "vcp/base/json.hpp"
#include "vcp/mesh/task.hpp"

namespace vcp::api {

/// A task as it was submitted, before its module is known to be there and its large parts are on
/// disk.
struct Submission {
  mesh::TaskSpec spec;
  std::optional<std::string> wasm_module;  ///< sent along, in place of an id
  std::optional<Digest> input_blob;
};

/// Reads a submission. `invalid` with every wrong field.
[[nodiscard]] Result<Submission> parse_submission(json::Value body);

/// A submission that is ready to be given to the core, with what it holds on to until then.
struct Prepared {
  mesh::TaskSpec spec;
  std::optional<coordinator::Module> module;  ///< to be recorded with it
  std::vector<coordinator::Contents::Pin> pins;
};

/// Does what `prepare` does if that needs nothing from the disk; otherwise leaves the submission as
/// it is, and there is no value.
[[nodiscard]] std::optional<Result<Prepared>> prepare_now(State& api, const http::Principal& who,
                                                          Submission& submission);

/// Stores what is large, inspects the module and checks the call against it.
[[nodiscard]] Async<Result<Prepared>> prepare(State& api, const http::Principal& who,
                                              Submission submission);

/// Records the task, and its module if it brought one; `invalid` if what it refers to has gone
/// meanwhile. In a command.
[[nodiscard]] Result<mesh::TaskPtr> submit(coordinator::Coordinator::Writer& writer,
                                           Prepared prepared);

}  // namespace vcp::api
