// SPDX-License-Identifier: Apache-2.0
#include "driver.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <utility>

namespace vcp::load {
namespace {

using boost::system::error_code;

constexpr std::size_t kReadBytes = 16 * 1024;

/// An answer that takes longer counts as failed. Above every wait that a scenario asks for.
constexpr std::chrono::seconds kAnswerTimeout{90};
constexpr std::chrono::seconds kWatchInterval{1};

/// How long a server may be gone before a connection is given up, and how often it is tried.
constexpr int kConnectAttempts = 300;
constexpr std::chrono::milliseconds kConnectInterval{100};

constexpr auto kToTuple = asio::as_tuple(use_async);

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

void set_options(Socket& socket) {
  error_code ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket.non_blocking(true, ignored);
}

}  // namespace

/// A connection, and the request that is under way on it.
struct Driver::Lane {
  explicit Lane(Socket opened) : socket(std::move(opened)), timer(socket.get_executor()) {}

  Socket socket;
  Timer timer;
  Moment sent = Moment::max();  ///< no request is under way
  bool timed_out = false;
  ResponseReader reader;
  std::string body;
  std::array<char, kReadBytes> buffer;
};

Result<Socket> connect(asio::io_context& io, const Endpoint& server) {
  Socket socket(io);
  error_code error;
  socket.connect(server, error);
  if (error) return fail(Code::io, "cannot connect: " + error.message());
  set_options(socket);
  return socket;
}

Result<std::unique_ptr<Driver>> Driver::open(asio::io_context& io, const Endpoint& server,
                                             Plan plan) {
  std::vector<Socket> sockets;
  for (std::size_t i = 0; i < plan.connections; ++i) {
    auto socket = connect(io, server);
    if (!socket) return std::unexpected(socket.error());
    sockets.push_back(std::move(*socket));
  }
  return std::unique_ptr<Driver>(new Driver(io, server, std::move(plan), std::move(sockets)));
}

Driver::Driver(asio::io_context& io, const Endpoint& server, Plan plan, std::vector<Socket> sockets)
    : io_(io),
      server_(server),
      plan_(std::move(plan)),
      schedule_(Moment(), {}),
      recorder_(plan_.name, Moment()),
      watch_timer_(io) {
  for (Socket& socket : sockets) lanes_.push_back(std::make_unique<Lane>(std::move(socket)));
}

Driver::~Driver() = default;

void Driver::start() {
  const Moment now = Clock::now();
  schedule_ = Schedule(now, plan_.bounds);
  recorder_ = Recorder(plan_.name, now);
  serving_ = lanes_.size();
  for (const auto& lane : lanes_) asio::co_spawn(io_, serve(*lane), rethrow);
  asio::co_spawn(io_, watch(), rethrow);
}

Async<void> Driver::serve(Lane& lane) {
  while (const std::optional<Ticket> ticket = schedule_.next(Clock::now())) {
    if (ticket->due > Clock::now()) {
      lane.timer.expires_at(ticket->due);
      co_await lane.timer.async_wait(kToTuple);
    }
    if (!lane.socket.is_open()) co_await reconnect(lane);
    co_await exchange(lane, *ticket);
  }
  if (--serving_ == 0) watch_timer_.cancel();
}

Async<void> Driver::exchange(Lane& lane, const Ticket& ticket) {
  lane.sent = Clock::now();
  lane.timed_out = false;
  lane.reader.begin();
  lane.body.clear();
  error_code error = co_await send(lane, plan_.request.at(ticket.number));
  if (!error) error = co_await receive(lane);
  lane.sent = Moment::max();
  error_code ignored;
  if (error) {
    recorder_.failed(lane.timed_out ? "timed out" : error.message());
    lane.socket.close(ignored);
    co_return;
  }
  judge(lane, ticket);
  if (!lane.reader.keeps_alive()) lane.socket.close(ignored);
}

/// The socket takes a small request at once, and nothing waits; a rest is copied, because the next
/// connection writes its number into the same bytes.
Async<error_code> Driver::send(Lane& lane, std::string_view request) {
  error_code error;
  const std::size_t count = lane.socket.write_some(asio::buffer(request), error);
  if (error == asio::error::would_block) error.clear();
  if (error || count == request.size()) co_return error;
  const std::string rest(request.substr(count));
  const auto [failure, written] =
      co_await asio::async_write(lane.socket, asio::buffer(rest), kToTuple);
  co_return failure;
}

Async<error_code> Driver::receive(Lane& lane) {
  auto state = ResponseReader::State::more;
  while (state == ResponseReader::State::more) {
    const auto [error, count] =
        co_await lane.socket.async_read_some(asio::buffer(lane.buffer), kToTuple);
    if (error) co_return error;
    state = lane.reader.feed({lane.buffer.data(), count}, lane.body);
  }
  error_code outcome;
  if (state == ResponseReader::State::broken) {
    outcome = make_error_code(boost::system::errc::bad_message);
  }
  co_return outcome;
}

void Driver::judge(const Lane& lane, const Ticket& ticket) {
  if (lane.reader.status() != plan_.status) {
    recorder_.failed("status " + std::to_string(lane.reader.status()));
  } else if (!plan_.text.empty() && lane.body.find(plan_.text) == std::string::npos) {
    recorder_.failed("an answer without " + plan_.text);
  } else {
    recorder_.answered(ticket.due, Clock::now());
  }
}

/// Tries for as long as a server may take to start again. What stays closed fails at the next send.
Async<void> Driver::reconnect(Lane& lane) {
  for (int attempt = 0; attempt < kConnectAttempts; ++attempt) {
    const auto [error] = co_await lane.socket.async_connect(server_, kToTuple);
    if (!error) {
      set_options(lane.socket);
      co_return;
    }
    error_code ignored;
    lane.socket.close(ignored);
    lane.timer.expires_after(kConnectInterval);
    co_await lane.timer.async_wait(kToTuple);
  }
}

/// Breaks off what takes too long.
Async<void> Driver::watch() {
  while (serving_ > 0) {
    watch_timer_.expires_after(kWatchInterval);
    co_await watch_timer_.async_wait(kToTuple);
    const Moment now = Clock::now();
    for (const auto& lane : lanes_) {
      if (lane->sent == Moment::max() || now - lane->sent < kAnswerTimeout) continue;
      lane->timed_out = true;
      error_code ignored;
      lane->socket.close(ignored);
    }
  }
}

}  // namespace vcp::load
