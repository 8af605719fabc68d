// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace vcp::testing {

/// A server that answers the requests it gets with given bytes, in order, one connection after the
/// other; where the bytes end in "<close>", it closes the connection after them.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::deque<std::string> answers)
      : answers_(std::move(answers)), acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}) {
    thread_ = std::jthread([this] { serve(); });
  }

  ~ScriptedServer() {
    done_ = true;
    // Wakes the acceptor.
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored);
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

  /// Head and body of what was asked so far.
  [[nodiscard]] std::vector<std::string> requests() const {
    std::scoped_lock lock(mutex_);
    return requests_;
  }
  [[nodiscard]] int connections() const {
    std::scoped_lock lock(mutex_);
    return connections_;
  }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void serve() {
    while (true) {
      Socket socket = acceptor_.accept();
      if (done_) return;
      {
        std::scoped_lock lock(mutex_);
        ++connections_;
      }
      while (answer_one(socket)) {
      }
    }
  }

  bool answer_one(Socket& socket) {
    std::string request = read_request(socket);
    if (request.empty() || answers_.empty()) return false;
    {
      std::scoped_lock lock(mutex_);
      requests_.push_back(request);
    }
    std::string answer = std::move(answers_.front());
    answers_.pop_front();
    bool close = answer.ends_with("<close>");
    if (close) answer.resize(answer.size() - 7);
    boost::system::error_code ec;
    boost::asio::write(socket, boost::asio::buffer(answer), ec);
    return !ec && !close;
  }

  static std::string read_request(Socket& socket) {
    std::string request;
    boost::system::error_code ec;
    std::size_t head =
        boost::asio::read_until(socket, boost::asio::dynamic_buffer(request), "\r\n\r\n", ec);
    if (ec) return {};
    std::size_t at = request.find("Content-Length: ");
    std::size_t body = at < head ? std::stoul(request.substr(at + 16)) : 0;
    std::size_t missing = head + body - request.size();
    boost::asio::read(socket, boost::asio::dynamic_buffer(request),
                      boost::asio::transfer_exactly(missing), ec);
    return request;
  }

  std::deque<std::string> answers_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  int connections_ = 0;
  std::atomic<bool> done_{false};
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::jthread thread_;
};

/// A whole answer of HTTP/1.1.
inline std::string http_answer(const std::string& status, const std::string& body,
                               const std::string& headers = "") {
  return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

}  // namespace vcp::testing
