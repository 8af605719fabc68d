// SPDX-License-Identifier: Apache-2.0
#include "http/client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

namespace vcp::http::testing {
namespace {

/// A test that would wait for ever fails instead.
constexpr timeval kGiveUp{.tv_sec = 30, .tv_usec = 0};

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Client::Client(std::uint16_t port) : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &kGiveUp, sizeof kGiveUp);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &kGiveUp, sizeof kGiveUp);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(descriptor_);
    throw std::runtime_error("cannot connect");
  }
}

Client::~Client() { ::close(descriptor_); }

bool Client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool Client::fill() {
  std::array<char, 65536> bytes;
  const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (got <= 0) return false;
  buffer_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::string Client::read_until(std::string_view end) {
  std::size_t found = buffer_.find(end);
  while (found == std::string::npos) {
    if (!fill()) return std::exchange(buffer_, {});
    found = buffer_.find(end);
  }
  return take(found + end.size());
}

std::string Client::take(std::size_t bytes) {
  while (buffer_.size() < bytes) {
    if (!fill()) break;
  }
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

std::string Client::read_chunks() {
  std::string body;
  for (;;) {
    const std::string line = read_until("\r\n");
    const std::size_t size = line.empty() ? 0 : std::stoul(line, nullptr, 16);
    body += take(size);
    take(2);
    if (size == 0) return body;
  }
}

Answer Client::read(bool head_only) {
  const std::string head = read_until("\r\n\r\n");
  Answer answer;
  if (!head.starts_with("HTTP/1.1 ") || !head.ends_with("\r\n\r\n")) return answer;
  answer.status = static_cast<unsigned>(std::stoul(head.substr(9, 3)));
  std::size_t at = head.find("\r\n") + 2;
  while (at + 2 < head.size()) {
    const std::size_t end = head.find("\r\n", at);
    const std::size_t colon = head.find(": ", at);
    answer.headers[lower(head.substr(at, colon - at))] = head.substr(colon + 2, end - colon - 2);
    at = end + 2;
  }
  if (head_only || answer.status == 100) return answer;
  if (answer.header("transfer-encoding") == "chunked") {
    answer.body = read_chunks();
  } else if (answer.headers.contains("content-length")) {
    answer.body = take(std::stoul(answer.header("content-length")));
  }
  return answer;
}

Answer Client::ask(std::string_view bytes) {
  send(bytes);
  return read();
}

bool Client::is_closed() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const ssize_t got = ::recv(descriptor_, &byte, 1, 0);
  return got == 0 || (got < 0 && errno != EAGAIN);
}

bool Client::is_readable(std::chrono::milliseconds within) {
  pollfd one{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, static_cast<int>(within.count())) > 0;
}

void Client::end_sending() { ::shutdown(descriptor_, SHUT_WR); }

std::string get(std::string_view path, std::string_view fields) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" + std::string(fields) + "\r\n";
}

std::string post(std::string_view path, std::string_view body, std::string_view fields) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

std::string post_chunked(std::string_view path, std::string_view body) {
  std::string size(16, '\0');
  size.resize(
      static_cast<std::size_t>(std::snprintf(size.data(), size.size(), "%zx", body.size())));
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n" + size + "\r\n" +
         std::string(body) + "\r\n0\r\n\r\n";
}

}  // namespace vcp::http::testing
