// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <utility>

#include "vcp/base/async.hpp"
#include "vcp/base/result.hpp"

namespace vcp::client {

/// Runs `io` on this thread until `call` has its result: for programs that do one thing at a time.
template <class T>
[[nodiscard]] Result<T> wait_for(asio::io_context& io, Async<Result<T>> call) {
  Result<T> result = fail(Code::internal, "the call was abandoned");
  std::exception_ptr thrown;
  asio::co_spawn(io, std::move(call), [&](std::exception_ptr exception, Result<T> value) {
    thrown = exception;
    result = std::move(value);
  });
  io.restart();
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return result;
}

}  // namespace vcp::client
