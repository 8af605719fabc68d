// SPDX-License-Identifier: Apache-2.0
#include "wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>

namespace vcp::agent {

namespace {

using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

using BaseChannel =
    asio::experimental::concurrent_channel<Executor, void(boost::system::error_code)>;

constexpr auto kToTuple = asio::as_tuple(use_async);

}  // namespace

struct Wakeup::Channel : BaseChannel {
  using BaseChannel::BaseChannel;
};

Wakeup::Wakeup(Executor executor) : channel_(std::make_shared<Channel>(executor, 1)) {}

void Wakeup::notify() { channel_->try_send(boost::system::error_code()); }

Async<void> Wakeup::wait(std::chrono::milliseconds at_most) {
  // The channel is kept by the timer's handler, which may run after this object is gone.
  auto channel = channel_;
  Timer timer(channel->get_executor(), at_most);
  timer.async_wait([channel](const boost::system::error_code& ec) {
    if (!ec) channel->try_send(boost::system::error_code());
  });
  co_await channel->async_receive(kToTuple);
}

}  // namespace vcp::agent
