// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vcp {

namespace asio = boost::asio;

/// Coroutines run on the concrete executor: it costs half of what any_io_executor does.
using Executor = asio::io_context::executor_type;

template <class T = void>
using Async = asio::awaitable<T, Executor>;

/// The completion token of everything awaited.
inline constexpr asio::use_awaitable_t<Executor> use_async{};

}  // namespace vcp
