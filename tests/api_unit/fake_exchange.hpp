// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vcp/base/signal.hpp"
#include "vcp/http/route.hpp"

namespace vcp::api {

/// A client in memory: a body in parts of any size, and what was answered. One thread.
class FakeExchange final : public http::Exchange {
 public:
  explicit FakeExchange(std::vector<std::string> parts) : parts_(std::move(parts)) {}

  /// The body ends with this error.
  void break_off(Error error) { broken_ = std::move(error); }

  /// From now on the client takes nothing, until `take_on`.
  void stop_taking() { takes_ = false; }
  void take_on() {
    takes_ = true;
    taking_.set();
  }

  /// From now on the client is gone.
  void leave() { gone_ = true; }

  [[nodiscard]] std::optional<unsigned> status() const { return status_; }
  [[nodiscard]] const std::string& written() const { return written_; }
  [[nodiscard]] std::size_t parts_read() const { return next_; }

  http::Request& request() override { return request_; }

  Async<Result<std::string_view>> read() override {
    if (next_ < parts_.size()) co_return parts_[next_++];
    if (broken_) co_return std::unexpected(*broken_);
    co_return std::string_view();
  }

  Async<Result<>> respond(http::Response response) override {
    status_ = response.status;
    written_ = std::move(response.body);
    co_return Result<>{};
  }

  Async<Result<>> start(http::Response response, std::optional<std::uint64_t>) override {
    status_ = response.status;
    co_return Result<>{};
  }

  Async<Result<>> write(std::string_view bytes) override {
    if (!takes_) co_await taking_.wait();
    if (gone_) co_return fail(Code::io, "the client is gone");
    written_ += bytes;
    co_return Result<>{};
  }

  Async<void> closing() override { co_return; }

 private:
  http::Request request_;
  std::vector<std::string> parts_;
  std::size_t next_ = 0;
  std::optional<Error> broken_;
  bool takes_ = true;
  bool gone_ = false;
  Signal taking_;
  std::optional<unsigned> status_;
  std::string written_;
};

}  // namespace vcp::api
